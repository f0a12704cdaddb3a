"""The scenario text: what judges, generators and raters read of a post.

Reddit delivers HTML-escaped Markdown (escaped twice where the author typed an entity). Here it becomes
plain, readable text: the title, a blank line, the body.

Decisions:

- A link leaves its label; a bare address stays, so that masking can name it.
- Struck-out words go (the author took them back); quotes, spoilers and code stay as words.
- Single line breaks stay, although Reddit joins such lines: many authors write lists that way.
- An EDIT (also ETA, UPDATE) tail is cut, because it was written after answers came in and leaks what
  people advised or what happened next. It runs from a line that begins with the marker to the end, or
  to a TL;DR. A marker near the top is a preface ("EDIT: thanks, all!"), and only its line goes; a marker
  inside a line takes the rest of that line, one inside brackets what the brackets hold.
- A TL;DR stays: it belongs to the post as submitted, and often holds its only plain question.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable

from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipeline.core.words import count_words

# An edit that follows fewer words than this opens the post instead of ending it.
PREFACE_WORDS = 40

# No raw HTML (Reddit has none: "<3" is text) and no indented code (mostly paragraphs with an indent).
MOST_BRACKETS = 200
_markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("code")
# Texts without any of these read the same before and after Markdown; the second, behind a line break, begin a line.
_MARKUP = re.compile(r"[\\`*_~\[\]<>|^]")
_LINE_MARKUP = re.compile(r"\n(?:#|=|--|(?:[-+]|\d{1,9}[.)])(?:\s|\Z))")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Controls and invisible characters, but not newline, tab and the zero-width joiner inside emoji.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_BLANKS = re.compile(r"[^\S\n]+")
_EMPTY_LINES = re.compile(r"\n{3,}")
_SPOILER = re.compile(r">!((?:(?!>!|!<)[^\n])*+)!<")
_SUPERSCRIPT = re.compile(r"\^\(([^()\n]*)\)|(?<!\S)\^+(?=\w)")
# Reddit's own names for pictures that the author did not describe.
_NAMELESS_IMAGES = {"", "gif", "img", "image", "emote"}

# "Final edit", "Ninja edit", "9 PM EDIT", "[07:07 GMT] Edit".
_WHICH = (
    r"(?:\[[^\]\n]{1,20}\] ?)?"
    r"(?:(?:quick|small|minor|mini|short|brief|slight|half|tiny|big|huge|final|last|latest|another|first|1st"
    r"|second|2nd|third|3rd|new|previous|ninja|title|status|important|sad|happy|post talk"
    r"|\d{1,2}(?::\d\d)? ?[ap]m)[ -]){0,3}"
)
# What follows the word where it is a mark and not a task ("- Edit videos", "Update my resume").
_MARKED = r"\s?(?:#?\d{1,2}\b|one\b|two\b|three\b)?\s?(?:[:;.,!*/(\[\-–—)\]|]|$)"
_AFTER_EDIT = (
    r" (?:for|to|because|since|after|as|just|so|now|also|again|here|one|two|i|i'm|my|we|he|she|they|it|thanks|thank|do"
    r"|wow|update|in response|forgot|\d)\b"
)
_AFTER_UPDATE = (
    r" (?:as of|to|for|from|after|here|post|thread|now|since|because|on|part|going|just|so|i|i'm|we|he|she|they|it"
    r"|thanks|thank|first|\d{1,2})\b"
)
_EDIT = re.compile(
    rf"^\W{{0,20}}(?:(?i:{_WHICH}(?:"
    rf"edit(?:ed|s)?(?:\s?/\s?(?:update|info))?(?:{_MARKED}|{_AFTER_EDIT})"
    rf"|updated?(?:\s?(?:/|and)\s?edit)?(?:{_MARKED}|{_AFTER_UPDATE})"
    r"|(?:an|this is an|here['’]s (?:an|the)|now (?:for|to|on to) the|just an|so an) update\b))"
    rf"|EDIT\b|UPDATE\b|(?i:{_WHICH}(?:edit|update)) [A-Z]|ETA\s?\d?\s?[:\-–—])"
)
_EDIT_IN_BRACKETS = re.compile(r" ?[(\[]\s?edit\s?\d?\s?[:\-–—][^()\[\]\n]*[)\]]", re.IGNORECASE)
_EDIT_IN_LINE = re.compile(
    r"(?<=[.!?)\"”'])[^\S\n](?:EDIT\b|E(?:dit|DIT) ?\d?:|UPDATE\b|U(?:pdate|PDATE) ?\d?:).*"
)
_TLDR = re.compile(r"^\W{0,3}tl\s?[;:,/.]?\s?dr\b", re.IGNORECASE)


def scenario_text(title: str, body: str) -> str:
    """Title, blank line, body as plain text; raw Reddit strings in. Empty only if both are."""
    parts = (" ".join(_clean(_unescape(title)).split()), _without_edits(plain_text(body)))
    return "\n\n".join(part for part in parts if part)


def plain_text(markdown: str) -> str:
    """Reddit Markdown, HTML-escaped or not, as plain text in Unicode NFC with tidy white space."""
    source = _clean(_unescape(markdown))
    if source.count("[") > MOST_BRACKETS:
        # No post has so many links; the parser takes each for the beginning of one, in time that is their square.
        source = source.replace("[", r"\[")
    if _MARKUP.search(source) or _LINE_MARKUP.search(f"\n{source}"):
        source = _SPOILER.sub(r"\1", source)
        source = _SUPERSCRIPT.sub(lambda match: match[1] or "", source)
        source = _clean(_render(_markdown.parse(source)))
    return source


def _unescape(text: str) -> str:
    """Resolves entities until none is left: one that the author typed arrives escaped again."""
    for _ in range(8):
        if "&" not in text:
            break
        # Only whole entities: html.unescape alone would read the start of "R&notes" as a logical "not".
        resolved = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
        if resolved == text:
            break
        text = resolved
    return text


def _clean(text: str) -> str:
    """Invisible characters out, Unicode NFC, one space between words, at most one empty line."""
    # What Python calls printable holds nothing invisible and no blank but the space: most texts, told at once.
    plain = text.replace("\n", "").isprintable()
    if not plain:
        text = _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text))
    text = unicodedata.normalize("NFC", text)
    if not plain or "  " in text:
        text = _BLANKS.sub(" ", text)
    text = "\n".join(line.strip() for line in text.split("\n"))
    return (_EMPTY_LINES.sub("\n\n", text) if "\n\n\n" in text else text).strip()


def _render(tokens: Iterable[Token]) -> str:
    """Block tokens as text: blocks an empty line apart, list items and table rows a line each."""
    out: list[str] = []
    lists: list[int | None] = []  # the next number of every open list; None for bullets
    row: list[str] | None = None  # the cells so far, inside a table's row
    marker = ""
    for token in tokens:
        match token.type:
            case "ordered_list_open":
                lists.append(int(token.attrGet("start") or 1))
            case "bullet_list_open":
                lists.append(None)
            case "ordered_list_close" | "bullet_list_close":
                lists.pop()
                out.append("\n")
            case "list_item_open":
                number = lists.pop()
                marker = "- " if number is None else f"{number}. "
                lists.append(None if number is None else number + 1)
            case "paragraph_close" | "heading_close" | "table_close" if not lists:
                out.append("\n")
            case "tr_open":
                row = []
            case "tr_close":
                out.append(" | ".join(cell for cell in row or [] if cell) + "\n")
                row = None
            case "inline" if row is not None:
                row.append(_inline(token))
            case "inline" | "fence":
                text = token.content.rstrip("\n") if token.type == "fence" else _inline(token)
                out.append(marker + text + "\n")
                marker = ""
    return "".join(out)


def _inline(token: Token) -> str:
    """The words of an inline token: labels, not targets; nothing of what is struck out."""
    out: list[str] = []
    struck = 0
    link: tuple[str, int] | None = None  # target and where its label begins
    for child in token.children or []:
        match child.type:
            case "s_open" | "s_close":
                struck += 1 if child.type == "s_open" else -1
            case _ if struck:
                continue
            case "text" | "code_inline":
                out.append(child.content)
            case "softbreak" | "hardbreak":
                out.append("\n")
            case "image" if child.content.lower() not in _NAMELESS_IMAGES:
                out.append(child.content)
            case "link_open":
                link = (str(child.attrGet("href") or ""), len(out))
            case "link_close" if link is not None:
                target, start = link
                if not "".join(out[start:]).strip():
                    out.append(target)
                link = None
    return "".join(out)


def _may_be_edited(body: str) -> bool:
    """Whether a mark of an edit can stand anywhere: most bodies have none, and need no second look."""
    lower = body.lower()
    # Patterns that ignore case take the Turkish letters for an i as well.
    return any(mark in lower for mark in ("edit", "updat", "eta", "ı", "i̇"))


def _without_edits(body: str) -> str:
    """The body as it was submitted: without what its author added later. ``body`` is clean."""
    if not _may_be_edited(body):
        return body
    kept: list[str] = []
    words = 0
    in_tail = False
    for line in _EDIT_IN_BRACKETS.sub("", body).split("\n"):
        if _EDIT.match(line):
            in_tail = in_tail or words >= PREFACE_WORDS
            continue
        if _TLDR.match(line):
            in_tail = False
        if not in_tail:
            kept.append(_EDIT_IN_LINE.sub("", line))
            words += count_words(kept[-1])
    return _clean("\n".join(kept))
