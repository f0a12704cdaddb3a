"""Versions of the data set, after semver.org: what a change of the data demands, and the changelog that tells of it.

Major: a config or column went, came into an existing config, or changed its type; or release.json says that
fields changed their meaning. Minor: rows came or changed. Patch: rows went, or documents changed.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.core.documents import read_text
from pipeline.core.errors import ParamsError
from pipeline.release.changes import Changes, ConfigChange, compare

CHANGELOG = "CHANGELOG.md"
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
# For the changelog and the card: why a post left.
WHY = {
    "deleted": "deleted by its author",
    "removed": "removed by moderators or Reddit",
    "gone": "no longer to be found",
    "private": "in a subreddit that is closed now",
    "requested": "asked for by somebody concerned",
}

Step = Literal["major", "minor", "patch"]


@dataclass(frozen=True, slots=True, order=True)
class Version:
    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @classmethod
    def parse(cls, text: str) -> Version:
        match = _VERSION.fullmatch(text)
        if match is None:
            raise ParamsError(f"{text!r} is no version", remedy="three numbers are needed, such as 1.0.0")
        return cls(*map(int, match.groups()))

    @classmethod
    def of_tag(cls, tag: str) -> Version | None:
        """None for a tag that is no version's."""
        return cls.parse(tag) if _VERSION.fullmatch(tag) and tag.startswith("v") else None

    def next(self, step: Step) -> Version:
        match step:
            case "major":
                return Version(self.major + 1, 0, 0)
            case "minor":
                return Version(self.major, self.minor + 1, 0)
            case "patch":
                return Version(self.major, self.minor, self.patch + 1)


def heading(version: Version | str) -> str:
    """The line under which CHANGELOG.md tells of a version."""
    return f"## {version}"


def demanded(changes: Changes) -> Step:
    """The smallest step that the changes allow."""
    if changes.meaning_changed or any(config.schema_changed for config in changes.configs):
        return "major"
    if any(config.added or config.changed for config in changes.configs):
        return "minor"
    return "patch"


def check(changes: Changes) -> None:
    """ParamsError where the new version number is lower than the changes demand."""
    old, new, step = Version.parse(changes.old), Version.parse(changes.new), demanded(changes)
    least = old.next(step)
    if new < least:
        raise ParamsError(
            f"release.version: {new} is not allowed after {old}: {_reason(changes, step)}, which demands a "
            f"{step} version",
            where="params.yaml",
            remedy=f"set release.version to {least} or higher",
        )


def changelog(new: Path, version: str, previous: Path | None) -> str:
    """CHANGELOG.md of the release in ``new`` (its Parquet files and release.json are there): what changed since
    ``previous``, and what that one's changelog told. Raises ParamsError where the version does not fit.

    It counts rows and names none: whoever took a post back is not to be found in it.
    """
    head = "# Changelog of the data set\n\nVersions after semver.org; the tag of each is `v` and its number."
    if previous is None:
        return f"{head}\n\n{heading(version)}\n\nThe first version.\n"
    changes = compare(previous, new)
    check(changes)
    before = previous / CHANGELOG
    _, mark, told = read_text(before).partition("\n## ") if before.exists() else ("", "", "")
    older = f"## {told}" if mark else f"{heading(changes.old)}\n\n(No changelog.)\n"
    return f"{head}\n\n{section(changes)}\n\n{older}"


def section(changes: Changes) -> str:
    """What changed between two versions, in Markdown."""
    lines = [line for config in changes.configs for line in _config(config)]
    lines += [*_takedowns(changes)]
    if changes.meaning_changed:
        lines.append("- Fields changed their meaning: see CODEBOOK.md.")
    if not lines:
        lines = ["- No row changed; documents only."]
    return f"{heading(changes.new)}\n\nSince {changes.old}:\n\n" + "\n".join(lines)


def _reason(changes: Changes, step: Step) -> str:
    """In words, the first change that demands the step."""
    if step == "major":
        for config in changes.configs:
            if config.schema_changed:
                return f"config {config.name}: {config.schema_words()}"
        return "fields changed their meaning (schema_version in release.json)"
    if step == "minor":
        config = next(c for c in changes.configs if c.added or c.changed)
        return f"config {config.name} has {config.added} new and {config.changed} changed rows"
    gone = [config for config in changes.configs if config.removed]
    return f"config {gone[0].name} lost {gone[0].removed} rows" if gone else "another release"


def _config(change: ConfigChange) -> list[str]:
    """The lines on one config; none where it is the same."""
    words = []
    if change.schema_changed:
        words.append(change.schema_words())
    if change.added:
        words.append(f"{change.added:,} rows added")
    if change.removed:
        with_scenario = (
            f" ({change.with_scenario:,} of them with their scenario)" if change.with_scenario else ""
        )
        words.append(f"{change.removed:,} rows removed{with_scenario}")
    if change.changed:
        columns = ", ".join(f"`{name}` {n:,}" for name, n in change.columns.items())
        words.append(f"{change.changed:,} rows changed ({columns})")
    if not words:
        return []
    return [f"- `{change.name}`: {'; '.join(words)}. {change.before:,} rows before, {change.after:,} now."]


def _takedowns(changes: Changes) -> list[str]:
    whats = {"scenario": "scenarios, with all their rows", "candidate": "candidate posts, with their votes"}
    lines = []
    for what, words in whats.items():
        why = Counter(entry.reason for entry in changes.takedowns if entry.what == what)
        if why:
            reasons = "; ".join(f"{n:,} {WHY.get(reason, reason)}" for reason, n in sorted(why.items()))
            lines.append(f"- Taken back: {why.total():,} {words} ({reasons}).")
    return lines
