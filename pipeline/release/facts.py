"""What a release says of itself beside its rows: its licence, the prompts of its tasks, how it was dealt and masked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.core.documents import parse_yaml
from pipeline.release.manifest import Described, Manifest

Step = Literal["major", "minor", "patch"]
_FRONT = re.compile(r"---\n(.*?)\n---\n", re.DOTALL)
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FactChange:
    """A sentence on what is another than before, without its full stop, and the step that it demands."""

    words: str
    step: Step


def changed(old: Path, before: Manifest, new: Path, after: Manifest) -> Iterator[FactChange]:
    """What the two folders say otherwise of themselves. A fact that one does not state is not compared."""
    yield from common(old, before, new, after)
    for name, words in (("values", "The values"), ("design", "The design of the questions")):
        if _differ(getattr(before, name), getattr(after, name)):
            yield FactChange(f"{words} changed", "major")
    if settings := _settings(before.masking.model_dump(), after.masking.model_dump()):
        # Whether texts came out otherwise, the rows say.
        yield FactChange(f"Masking of personal data: {', '.join(settings)} changed", "minor")


def common(old: Path, before: Described, new: Path, after: Described) -> Iterator[FactChange]:
    """The same of what the folders of every data set say."""
    if before.schema_version != after.schema_version:
        yield FactChange("Fields changed their meaning: see CODEBOOK.md", "major")
    # Who used the data under the one licence may not do so under the other.
    licences = licence(old, before), licence(new, after)
    if licences[0] != licences[1]:
        yield FactChange(f"Licence: `{licences[0]}` before, `{licences[1]}` now", "major")
    yield from _prompts(before.prompts or {}, after.prompts or {})


def licence(folder: Path, found: Described) -> str:
    """The licence's identifier: as release.json has it, else, in older releases, the card's head."""
    if found.licence:
        return found.licence
    card = folder / "README.md"
    front = _FRONT.match(card.read_text(encoding="utf-8")) if card.exists() else None
    head = parse_yaml(front[1], where=str(card)) if front else {}
    return str(head.get("license") or UNKNOWN) if isinstance(head, Mapping) else UNKNOWN


def _prompts(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[FactChange]:
    """Figures of a task whose prompt is another do not compare."""
    if not before or not after:
        return
    for mode in sorted(before.keys() | after.keys()):
        if mode not in after:
            yield FactChange(f"The task `{mode}` is gone", "major")
        elif mode not in before:
            yield FactChange(f"The task `{mode}` is new", "minor")
        elif before[mode] != after[mode]:
            yield FactChange(
                f"The prompt of the task `{mode}` changed: results do not compare with those before", "major"
            )


def _differ(before: object, after: object) -> bool:
    return before is not None and after is not None and before != after


def _settings(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [
        f"`{name}`" for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)
    ]
