"""One submission, from whatever a source holds to a row of ``tables.Posts``.

The same function reads an API object, a dump line of any year and a sample post. It decides nothing
about a post's worth: it says what the record states, and refuses a record that does not say enough.
The author's name is looked at only to tell a deleted post, and goes no further.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, TypedDict


class RawPost(TypedDict, total=False):
    """The fields of a submission that are read; a decoder given this type skips the hundred others.

    Every one may be missing or of another type: fields came and went over the years, so
    ``normalise`` checks what it finds.
    """

    id: Any
    subreddit: Any
    created_utc: Any
    title: Any
    selftext: Any
    score: Any
    num_comments: Any
    link_flair_text: Any
    is_self: Any
    domain: Any
    over_18: Any
    stickied: Any
    distinguished: Any
    author: Any
    removed_by_category: Any
    crosspost_parent: Any


class Rejected(NamedTuple):
    """A record that is no usable post: the ledger's reason code, and what was found, for people."""

    reason: str
    detail: str
    post_id: str | None = None


POST_ID = re.compile(r"[0-9a-z]{1,20}")
SUBREDDIT = re.compile(r"[A-Za-z0-9_.:-]{1,50}")
# Reddit opened in June 2005; a time outside this span is milliseconds, zero or noise, not a date.
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
FIRST_SECOND = dt.datetime(2005, 1, 1, tzinfo=dt.UTC).timestamp()
LAST_SECOND = dt.datetime(2100, 1, 1, tzinfo=dt.UTC).timestamp()

# The whole text is the marker ("[removed]", "[ Deleted ]", "[deleted by user]"), or it begins with
# Reddit's own notice, which goes on with a link to the content policy.
_REMOVED = re.compile(
    r"\s*\[\s*(?:removed(?:\s+by\s+(?:a\s+)?moderators?)?\s*\]\s*\Z|removed\s+by\s+reddit\b)", re.IGNORECASE
)
_DELETED = re.compile(r"\s*\[\s*deleted(?:\s+by\s+(?:the\s+)?(?:user|author))?\s*\]\s*\Z", re.IGNORECASE)
# Tuples, because what a field holds may be unhashable.
_BY_THE_AUTHOR = ("deleted", "author")
_BY_STAFF = ("moderator", "admin")


def normalise(raw: Mapping[str, Any], spelling: Mapping[str, str] | None = None) -> dict[str, Any] | Rejected:
    """The row of ``tables.Posts`` that ``raw`` describes, or why it describes none.

    ``spelling`` maps a lower-case subreddit to its spelling in params (``Params.subreddit_spelling``);
    any other subreddit stays as it is written. HTML entities and Markdown stay raw. A missing score,
    comment count or flair is None; nothing is filled in.
    """
    post_id = raw.get("id")
    if not isinstance(post_id, str) or not POST_ID.fullmatch(post_id := post_id.removeprefix("t3_").lower()):
        return Rejected("bad_id", _found("id", raw))
    subreddit = raw.get("subreddit")
    if not isinstance(subreddit, str) or not SUBREDDIT.fullmatch(subreddit):
        return Rejected("bad_subreddit", _found("subreddit", raw), post_id)
    created_at = _time(raw.get("created_utc"))
    if created_at is None:
        return Rejected("bad_created_utc", _found("created_utc", raw), post_id)
    title = raw.get("title")
    if not isinstance(title, str):
        return Rejected("bad_title", _found("title", raw), post_id)
    body = raw.get("selftext")
    if body is None:
        body = ""
    elif not isinstance(body, str):
        return Rejected("bad_selftext", _found("selftext", raw), post_id)
    flair = raw.get("link_flair_text")
    return {
        "post_id": post_id,
        "subreddit": spelling.get(subreddit.lower(), subreddit) if spelling else subreddit,
        "created_at": created_at,
        "title": title if title.isascii() else _storable(title),
        "body": body if body.isascii() else _storable(body),
        "score": _count(raw.get("score")),
        "comments": _count(raw.get("num_comments")),
        "flair": _storable(flair) if isinstance(flair, str) else None,
        "is_self": _is_self(raw, body),
        "state": _state(raw, title, body),
        "over_18": raw.get("over_18") is True,
        "by_moderator": raw.get("stickied") is True or raw.get("distinguished") in _BY_STAFF,
        "crosspost": bool(raw.get("crosspost_parent")),
    }


def nameless(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that ``normalise`` reads, without the author's name: what may be kept of an API object.

    An author who is None or "[deleted]" stays, because that is how a deleted post is told.
    """
    kept = {field: raw[field] for field in RawPost.__annotations__ if field in raw}
    if not _is_gone(kept.get("author", "")):
        kept.pop("author", None)
    return kept


def _time(value: Any) -> dt.datetime | None:
    """``created_utc`` (seconds as int, float or digits, depending on the year) to the millisecond, in UTC."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not FIRST_SECOND <= value < LAST_SECOND
    ):
        return None
    return EPOCH + dt.timedelta(milliseconds=int(value * 1000))


def _count(value: Any) -> int | None:
    """A whole number that some year wrote as a float or as digits; anything else is no number."""
    if type(value) is int:
        return value if abs(value) < 1e15 else None
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}", value):
        return int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return None


def _is_self(raw: Mapping[str, Any], body: str) -> bool:
    """The field itself; without it, a text post is one on a ``self.`` domain or with a text."""
    value = raw.get("is_self")
    if isinstance(value, bool):
        return value
    domain = raw.get("domain")
    return domain.startswith("self.") if isinstance(domain, str) else bool(body)


def _state(raw: Mapping[str, Any], title: str, body: str) -> str:
    """Live, removed (by others) or deleted (by its author): the field first, then the marks left in the text.

    A missing ``author`` field says nothing; an author who is None or "[deleted]" has taken the account
    or the post away, and the post counts as deleted even where its text is still there.
    """
    category = raw.get("removed_by_category")
    if category:
        return "deleted" if category in _BY_THE_AUTHOR else "removed"
    for text in (body, title):
        if text.lstrip()[:1] == "[":
            if _REMOVED.match(text):
                return "removed"
            if _DELETED.match(text):
                return "deleted"
    return "deleted" if _is_gone(raw.get("author", "")) else "live"


def _is_gone(author: Any) -> bool:
    return author is None or (isinstance(author, str) and _DELETED.match(author) is not None)


def _storable(text: str) -> str:
    """Half a surrogate pair, which JSON can carry and UTF-8 cannot, becomes the replacement character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _found(field: str, raw: Mapping[str, Any]) -> str:
    """What the ledger says of an unusable field; its first characters only, and never those of a text."""
    if field not in raw:
        return f"{field} is missing"
    value = raw[field]
    if field in ("title", "selftext"):
        return f"{field} is of type {type(value).__name__}"
    return f"{field} is {repr(value)[:60]}"
