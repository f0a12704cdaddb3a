"""Prompts: one Markdown file each, so that a changed prompt shows in git and in `dvc status`.

Wordings of one prompt share a folder: ``administer/default/en-1`` to ``en-5``.

A file holds a system message, a line ``--- user ---``, and a user message; or a user message only.
``${name}`` is a field, ``$$`` a dollar sign. ``<post>`` and ``</post>`` frame the text of a post: it is a stranger's,
and could close a frame whose mark it knows. So the mark gets an ending made of the text that it frames, which no text
can hold of itself, and marks of frames inside a field are broken. The same text has the same mark, so that its recorded
answers are found again.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

from pipeline.core.documents import read_text
from pipeline.core.errors import ParamsError

FOLDER = Path(__file__).parent
USER = "\n--- user ---\n"
# Params may be somebody else's: no prompt lies outside this folder.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*", re.ASCII)
# The frame in a prompt's file, and anything in a field that could pass for its mark.
_FRAME = re.compile(r"<(/?)post>")
_MARK = re.compile(r"[<＜](?=\s*[/／]?\s*post\b)", re.IGNORECASE)
_ENDING = 16  # hexadecimal digits: no text with its own hash in it can be found


@dataclass(frozen=True, slots=True)
class Prompt:
    """The two texts of a prompt; ``system`` is empty where the file has a user message only."""

    name: str
    system: str
    user: str

    def fill(self, **fields: object) -> tuple[str, str]:
        """System and user text with every field filled in; ParamsError for a field that is not given.

        The field ``text`` is a post's: the frame around it has a mark of its own.
        """
        mark = frame(str(fields.get("text", "")))
        user = _FRAME.sub(lambda found: f"<{found[1]}{mark}>", self.user)
        fields = {name: unmarked(str(value)) for name, value in fields.items()}
        try:
            return Template(self.system).substitute(fields), Template(user).substitute(fields)
        except (KeyError, ValueError) as error:
            raise ParamsError(
                f"field {error} of the prompt cannot be filled; given are {', '.join(sorted(fields))}",
                where=f"pipeline/prompts/{self.name}.md",
                remedy="write ${name} for a field and $$ for a dollar sign",
            ) from None


def frame(text: str) -> str:
    """The mark of the frame around a text."""
    return f"post-{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:_ENDING]}"


def unmarked(text: str) -> str:
    """The text with every mark of a frame in it broken."""
    return _MARK.sub("‹", text)


def load(name: str) -> Prompt:
    """The prompt of that name; ParamsError lists what there is when it is unknown."""
    if not NAME.fullmatch(name):
        raise ParamsError(f"{name!r} is no name of a prompt", where="pipeline/prompts")
    path = FOLDER / f"{name}.md"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.md")))
        raise ParamsError(
            f"there is no prompt {name!r}; known are {known or 'none there'}", where="pipeline/prompts"
        )
    text = read_text(path, kind=ParamsError)
    system, separator, user = text.partition(USER)
    return Prompt(name, system.strip(), user.strip()) if separator else Prompt(name, "", text.strip())
