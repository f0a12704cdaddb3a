"""Whether and when a call is made again: the rules of the official OpenAI SDK, for every provider.

A test holds them to the SDK that is installed. One rule is ours: a call that was turned away because there are
too many (429) is made again for as long as ``responses.patience`` lasts, and that uses up no attempt.
"""

from __future__ import annotations

import email.utils
import math
import random
import time
from collections.abc import Mapping

FIRST_WAIT = 0.5
LONGEST_WAIT = 8.0
LONGEST_WAIT_THROTTLED = 60.0
# A server that asks for a longer pause than this after an error is not waited for; the call counts as failed.
LONGEST_RETRY_AFTER = 120.0


def is_retried(status: int, headers: Mapping[str, str]) -> bool:
    """Whether a call that ended with this error may be made again. ``headers`` by lower-case name."""
    asked = retry_after(headers)
    if asked is not None and LONGEST_RETRY_AFTER < asked < math.inf:
        return False
    says = headers.get("x-should-retry")
    if says in ("true", "false"):
        return says == "true"
    return status in (408, 409, 429) or status >= 500


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait (Retry-After-Ms, or Retry-After in seconds or as a date), or None."""
    for name, divisor in (("retry-after-ms", 1000), ("retry-after", 1)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value)
        except ValueError:
            continue
        # Digits beyond a float's range ask for too much; the word "inf" asks for nothing.
        overflow = seconds == math.inf and "inf" not in value.lower()
        return LONGEST_RETRY_AFTER + 1 if overflow else seconds / divisor
    try:
        moment = email.utils.parsedate_tz(headers.get("retry-after", ""))
        return None if moment is None else email.utils.mktime_tz(moment) - time.time()
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def wait_before_retry(failures: int, asked: float | None = None) -> float:
    """Seconds before the try that follows ``failures`` (from 1) failed ones: what the server asks for within
    reason, else 0.5 doubling to 8, less up to a quarter."""
    if asked is not None and 0 < asked <= LONGEST_RETRY_AFTER:
        return asked
    return _doubling(failures, LONGEST_WAIT)


def wait_when_throttled(throttles: int, asked: float | None = None) -> float:
    """Seconds before a call that was turned away ``throttles`` times is made again: whatever the server asks
    for, else 0.5 doubling to 60, less up to a quarter."""
    if asked is not None and 0 < asked < math.inf:
        return asked
    return _doubling(throttles, LONGEST_WAIT_THROTTLED)


def _doubling(times: int, longest: float) -> float:
    return min(FIRST_WAIT * 2.0 ** min(times - 1, 1000), longest) * (1 - 0.25 * random.random())
