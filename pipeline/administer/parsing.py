"""From what a model wrote to an answer, or to a status that says why there is none.

Answers are asked for by JSON schema. Where the provider enforces it, nothing is left to read; elsewhere a text may
still say the one thing that was asked, in another form. What is read here is read strictly: a text that could mean
two things is invalid, and no answer is ever moved to another item.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from pipeline.engine import Response
from pipeline.engine.reading import readable

# tables.RESPONSE_STATUSES -> tables.ANSWER_STATUSES where the text is not looked at.
STATUS = {
    "refused": "refused",
    "truncated": "invalid",
    "blocked_by_provider": "blocked",
    "failed": "failed",
}

_LETTER = re.compile(
    r"""(?:(?:the\s+|my\s+)?(?:answer|choice|option)(?:\s+is)?\s*[:：]?\s*|(?:我的)?(?:答案|选择|选项)(?:是|为)?\s*[:：]?\s*)?
        ["'“*(（\[]*([A-H])["'”*)）\]]*\s*[.。]?""",
    re.VERBOSE | re.IGNORECASE,
)
_LINE = re.compile(r"\s*[\"“]?([\w-]+)[\"”]?\s*[.):：=]\s*([^\s,;]+)\s*[,;.]?\s*")
# How a refusal begins that comes as a plain text.
_REFUSAL = re.compile(
    r"""\s*(?:(?:I['’]?m|I\ am)\s+(?:very\s+|so\s+)?sorry\b | (?:I['’]?m|I\ am)\s+(?:not\ able|unable)\b
        | I\s+(?:cannot|can['’]?t|won['’]?t|must\ decline)\b | sorry, | as\ an\ ai\b
        | 抱歉 | 对不起 | 很抱歉 | 我无法 | 我不能 | 作为(?:一个|一名)?\s*(?:AI|人工智能))""",
    re.VERBOSE | re.IGNORECASE,
)


def raw_of(response: Response) -> str | None:
    """What came, for the record: the text, or the provider's words where there is no text."""
    return response.text or response.error


def read_letter(response: Response, letters: str, options: int = 4) -> tuple[str, str | None]:
    """Status and letter of an answer to a question of so many options. ``letters`` are those offered; one more than
    there are options means "none of these" and gives ``abstained`` without a letter."""
    if response.status in STATUS:
        return STATUS[response.status], None
    letter = _letter(response.text, letters)
    if letter is None:
        return ("refused" if _REFUSAL.match(response.text) else "invalid"), None
    return ("abstained", None) if letters.index(letter) >= options else ("answered", letter)


def read_scale(
    response: Response, fields: Sequence[str], scale: Sequence[int]
) -> list[tuple[str, int | None, str | None]]:
    """Status, answer (one of ``scale``) and raw text of each field, in the fields' order.

    A field that is missing, there twice or off the scale is invalid by itself; the others stand.
    """
    if response.status in STATUS:
        return [(STATUS[response.status], None, raw_of(response))] * len(fields)
    found = _fields(readable(response.text))
    if not set(found) & set(fields):
        status = "refused" if _REFUSAL.match(response.text) else "invalid"
        return [(status, None, raw_of(response))] * len(fields)
    return [_on_scale(found.get(field, []), scale) for field in fields]


def _letter(text: str, letters: str) -> str | None:
    text = readable(text).strip()
    content = _json(text)
    if isinstance(content, dict):
        answer = {key.lower(): value for key, value in content.items()}.get("answer")
        text = answer if isinstance(answer, str) else ""
    match = _LETTER.fullmatch(text.strip())
    letter = match[1].upper() if match else None
    return letter if letter and letter in letters else None


def _fields(text: str) -> dict[str, list[str]]:
    """Every field of a JSON object, or of lines such as ``q07: 4``, with all that was written for it."""
    content = _json(text)
    if isinstance(content, dict):
        return {str(key): [_written(value)] for key, value in content.items()}
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if match := _LINE.fullmatch(line):
            found.setdefault(match[1], []).append(match[2])
    return found


def _on_scale(written: list[str], scale: Sequence[int]) -> tuple[str, int | None, str | None]:
    if len(written) == 1 and written[0] in {str(number) for number in scale}:
        return "answered", int(written[0]), written[0]
    return "invalid", None, "; ".join(written) or None


def _written(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
