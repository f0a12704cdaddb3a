"""Posts that used up ``params.filter.seconds_a_post`` of processor time: whatever they hold, it is no question.

The reason is given where a post's text is resolved, tried and masked (``core.limit``).
"""

from __future__ import annotations

from pipeline.filter.rule import Rule

REASON = "took_too_long"
ENTRY = Rule(place=0, meaning="looking at it took longer than the limit")
