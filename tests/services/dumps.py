"""Lines of a small dump of Reddit submissions, as files of archives have them."""

from __future__ import annotations

import json
from typing import Any

# Among the posts, a line that is none.
BROKEN = "{oops"


def posts(number: int, count: int, title: str = "Title {n}") -> list[dict[str, Any]]:
    """Submissions of dump ``number``; one in three is of a subreddit that nobody wants."""
    return [
        {
            "id": f"p{number}x{n}",
            "subreddit": "AskHR" if n % 3 else "pics",
            "created_utc": 1614882000 + n,
            "title": title.format(n=n),
            "selftext": f"Body {number} {n}",
            "score": 5,
        }
        for n in range(count)
    ]


def text(submissions: list[dict[str, Any]], *more: str) -> str:
    """One line each, and ``more`` lines behind them."""
    return "\n".join([*map(json.dumps, submissions), *more, ""])
