"""The code blocks of a page in docs/, so that a test can do what the page says.

In a page whose examples are executed, a block of Python or YAML begins with a comment that names its file, and is that
file; ``# in FILE`` merges a block of YAML into a file that is there (as RFC 7386 does: null takes a key out). A
``console`` block holds commands after ``$`` and, below each, lines that it prints among others (``...`` stands for
anything).
"""

from __future__ import annotations

import fnmatch
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt

from services.project import run_environment


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its text, and the heading (of the second level) that it stands under."""

    heading: str
    language: str
    text: str


def blocks(page: str) -> list[Block]:
    """Every fenced block of a Markdown text, in order."""
    found, heading, tokens = [], "", MarkdownIt("commonmark").parse(page)
    for before, token in zip([None, *tokens], tokens, strict=False):
        if before is not None and before.type == "heading_open" and before.tag == "h2":
            heading = token.content
        if token.type == "fence":
            found.append(Block(heading, token.info.split()[0] if token.info else "", token.content))
    return found


def follow(found: list[Block], project: Path) -> None:
    """Does in ``project`` what the blocks say; AssertionError where a command fails or prints something else."""
    for block in found:
        if block.language == "console":
            for command, printed in commands(block.text):
                _run(project, command, printed)
        elif name := re.match(r"# in (\S+\.yaml)\n", block.text):
            _add(project / name[1], yaml.safe_load(block.text))
        elif name := re.match(r"# (\S+\.\w+)\n", block.text):
            path = project / name[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        else:
            raise AssertionError(
                f"a block of {block.language} that says neither file nor command:\n{block.text}"
            )


def commands(console: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a console block with the lines printed below it."""
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        command, *printed = part.rstrip("\n").splitlines()
        yield command, [line for line in printed if line.strip()]


def _run(project: Path, command: str, printed: list[str]) -> None:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=project,
        env=run_environment(project) | {"COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
    said = [line.strip() for line in (done.stdout + done.stderr).splitlines()]
    for line in printed:
        pattern = (
            re.sub(r"\[", "[[]", line.strip()).replace("?", "[?]").replace("*", "[*]").replace("...", "*")
        )
        assert fnmatch.filter(said, pattern), f"$ {command}\ndid not print {line!r}, but:\n" + "\n".join(said)


def _add(path: Path, more: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(_merged(yaml.safe_load(path.read_text()), more), sort_keys=False))


def _merged(settings: Any, more: Any) -> Any:
    if not isinstance(settings, dict) or not isinstance(more, dict):
        return more
    merged = settings | {key: _merged(settings.get(key), value) for key, value in more.items()}
    return {key: value for key, value in merged.items() if value is not None or key not in more}


PROGRAMS = ("valact", "dvc", "make", "python")


def code_spans(page: str) -> Iterator[str]:
    """The text of every span of inline code, on one line."""
    for token in MarkdownIt("commonmark").enable("table").parse(page):
        for child in token.children or []:
            if child.type == "code_inline":
                yield " ".join(child.content.split())


def links(page: str) -> Iterator[str]:
    """Where the links of a page lead to, those within it and to the web aside."""
    for token in MarkdownIt("commonmark").enable("table").parse(page):
        for child in token.children or []:
            target = str(child.attrs.get("href", child.attrs.get("src", ""))).partition("#")[0]
            if target and "://" not in target:
                yield target


def named_commands(page: str) -> Iterator[list[str]]:
    """The words of every command of ours, DVC's or make's that the page names, in code or in a block of shell."""
    lines = list(code_spans(page))
    for block in blocks(page):
        if block.language == "sh":
            lines += block.text.splitlines()
        elif block.language == "console":
            lines += [command for command, _ in commands(block.text)]
    for line in lines:
        for part in re.split(r"&&|\|", line):
            words = _words(part)
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words = words[1:]
            if len(words) > 1 and words[0] in PROGRAMS:
                yield words


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:  # a span of code that is no line of shell
        return []
