"""Rounds of judgements as files: annotations/rounds/<round>.json, which belong into git.

A file holds what raters chose, by anonymous id, and nothing that anybody typed: names, addresses and whole posts end
up in comments. These are kept in annotations/comments/, which git does not take. A round only grows: a judgement that
the server has no more is kept, one that its rater changed is replaced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.annotation.labelling import FOLDER
from pipeline.core.atomic import write_private, write_text
from pipeline.core.documents import read_json
from pipeline.core.errors import InputError

ROUNDS = FOLDER / "rounds"
# Reviews of translations, in the same form: one round a language.
TRANSLATIONS, TRANSLATION = FOLDER / "translations", "translation."
COMMENTS = "comments"  # beside the rounds
FORMAT = "valact-judgements/1"
CHOICES = "choices"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# An alias of a choice, as every labelling config of ours has them.
CHOICE = re.compile(r"[\w-]{1,32}", re.ASCII)
NO_CHOICE = "(no choice)"
# In the place of the item of a judgement whose post was taken back.
TAKEN_BACK = "taken_back"


@dataclass(frozen=True)
class Round:
    """The annotations of one round; ``key_check`` says under which key its raters' ids were made, ``decisions`` which
    raters were taken out or back in (``pipeline.annotation.decisions``), in the order in which it was decided,
    ``background`` who its raters are, in counts (``pipeline.coordination.background``)."""

    name: str
    key_check: str
    annotations: tuple[dict[str, Any], ...]
    note: str = ""
    decisions: tuple[dict[str, str], ...] = ()
    background: Mapping[str, Any] = field(default_factory=dict)


def home_of(name: str) -> Path:
    """The folder in which the file of a round stands."""
    return TRANSLATIONS if name.startswith(TRANSLATION) else ROUNDS


def path_of(name: str, folder: Path = ROUNDS) -> Path:
    """The file of a round."""
    return folder / f"{name}.json"


def read(path: Path) -> Round:
    """A round's file; InputError when it is missing, broken, or a plain export that would publish people."""
    found = read_json(path, remedy="take it back from git, or collect again")
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise InputError(
            "not a round of ours; if it is Label Studio's export, it can hold texts and names",
            where=str(path),
            remedy="move it elsewhere and run `valact annotate import FILE`, which takes over the answers only",
        )
    annotations, name = found.get("annotations"), found.get("round")
    if not isinstance(annotations, list) or not isinstance(name, str):
        raise InputError(
            "it lacks its name or its annotations", where=str(path), remedy="take it back from git"
        )
    decisions = found.get("decisions") or []
    if not isinstance(decisions, list) or not all(_is_decision(one) for one in decisions):
        raise InputError(
            "its decisions on raters are not those that `valact annotate exclude` writes",
            where=str(path),
            remedy="take it back from git",
        )
    note = str(found.get("note") or "")
    background = found.get("background") or {}
    if not _is_background(background):
        raise InputError(
            "what it says of its raters is not what `valact annotate background` writes",
            where=str(path),
            remedy="take it back from git",
        )
    made = Round(name, str(found.get("key_check")), tuple(annotations), note, tuple(decisions), background)
    return _commented(made, path)


def merged(before: Round, new: Round, *, where: str) -> tuple[Round, int]:
    """All annotations of both, changed ones in their newer form; and how many of ``new`` are new or newer.

    Raises InputError when rater ids were made under different keys.
    """
    if before.annotations and before.key_check != new.key_check:
        raise InputError(
            "its judgements come from another project: the one that they were made in was deleted and made again, or "
            "its description was changed. To add to them would count the same people twice",
            where=where,
            remedy="bring the first project back from a backup, or begin a new round (validation.round in params.yaml)",
        )
    kept = {_id(annotation): annotation for annotation in before.annotations}
    # Older files name annotations by a UUID, which only exports tell.
    names = {
        _act(annotation): _id(annotation)
        for annotation in before.annotations
        if UUID.fullmatch(_id(annotation))
    }
    changed = 0
    for annotation in new.annotations:
        name = annotation["annotation"]
        if name not in kept:
            annotation = annotation | {"annotation": names.get(_act(annotation), name)}
        known = kept.get(annotation["annotation"])
        if known is None or str(known.get("updated_at")) < annotation["updated_at"]:
            kept[annotation["annotation"]] = annotation
            changed += 1
    whole = replace(
        before, name=new.name, key_check=new.key_check, annotations=tuple(in_order(kept.values()))
    )
    return whole, changed


def add(new: Round, folder: Path = ROUNDS) -> tuple[Round, int]:
    """Merges a round into its file, which changes only if there is something new; as ``merged``."""
    path = path_of(new.name, folder)
    whole, changed = merged(known(new.name, folder), new, where=str(path))
    if changed:
        write(whole, folder)
    return whole, changed


def write(round_: Round, folder: Path = ROUNDS) -> None:
    """Writes the round's file, and what was typed beside it."""
    path = path_of(round_.name, folder)
    _write_comments(path, round_)
    _write(path, round_)


def rater_of(annotation: Any) -> str:
    """Whose it is; empty where that is not told."""
    return str(annotation.get("rater") or "") if isinstance(annotation, Mapping) else ""


def anonymise(path: Path, meant: Callable[[str], bool]) -> int:
    """Takes away what the annotations of the items that ``meant`` accepts are about, and what was typed with them.

    That somebody judged, when, and what was chosen stays: it is work that was done, and tells nothing of the item.
    Says how many annotations it found.
    """
    before = read(path)
    after = tuple(_itemless(a) if meant(_item(a)) else a for a in before.annotations)
    changed = sum(old is not new for old, new in zip(before.annotations, after, strict=True))
    if changed:
        whole = replace(before, annotations=tuple(in_order(after)))
        _write_comments(path, whole)
        _write(path, whole)
    return changed


def known(name: str, folder: Path = ROUNDS) -> Round:
    """What the file of a round holds; nothing where there is no file yet."""
    path = path_of(name, folder)
    return read(path) if path.exists() else Round(name, "", ())


def _is_decision(one: Any) -> bool:
    wanted = ("rater", "decision", "why", "on")
    return isinstance(one, Mapping) and all(isinstance(one.get(name), str) for name in wanted)


def _is_background(one: Any) -> bool:
    """Empty, or how many raters there are and counts by answer by question."""
    if one == {}:
        return True
    answers = one.get("answers") if isinstance(one, Mapping) else None
    return (
        isinstance(answers, Mapping)
        and isinstance(one.get("raters"), int)
        and all(isinstance(counts, Mapping) for counts in answers.values())
        and all(isinstance(count, int) for counts in answers.values() for count in counts.values())
    )


def _commented(round_: Round, path: Path) -> Round:
    """The round with what its raters typed, as far as that is on this machine."""
    typed = _comments(path)
    if not typed:
        return round_
    return replace(
        round_,
        annotations=tuple(
            a | {"result": [*a["result"], *typed[_id(a)]]}
            if isinstance(a, Mapping) and _id(a) in typed
            else a
            for a in round_.annotations
        ),
    )


def _comments(path: Path) -> dict[str, list[Any]]:
    file = path.parent.parent / COMMENTS / path.name
    if not file.exists():
        return {}
    found = read_json(file, remedy="delete it")
    if not isinstance(found, Mapping) or not all(isinstance(parts, list) for parts in found.values()):
        raise InputError("not the comments of a round", where=str(file), remedy="delete it")
    return {str(name): parts for name, parts in found.items()}


def _write_comments(path: Path, round_: Round) -> None:
    """What was typed with the round's annotations; no file where nothing was."""
    file = path.parent.parent / COMMENTS / path.name
    typed = {_id(a): parts for a in round_.annotations if isinstance(a, Mapping) and (parts := _typed(a))}
    if typed:
        write_private(json.dumps(typed, ensure_ascii=False, indent=1) + "\n", file)
    else:
        file.unlink(missing_ok=True)


def _typed(annotation: Mapping[str, Any]) -> list[Any]:
    return [part for part in annotation.get("result") or () if not _is_choice(part)]


def _is_choice(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("type") == CHOICES


def all_rounds(folder: Path = ROUNDS) -> list[tuple[str, Round]]:
    """Every round there is a file of, with the file's path as its source."""
    return [(path.as_posix(), read(path)) for path in sorted(folder.glob("*.json"))]


def _itemless(annotation: dict[str, Any]) -> dict[str, Any]:
    chosen = [part for part in annotation.get("result") or () if _is_choice(part)]
    return annotation | {"item_id": TAKEN_BACK, "result": chosen}


def _id(annotation: Any) -> str:
    return str(annotation.get("annotation")) if isinstance(annotation, Mapping) else repr(annotation)


def _act(annotation: Any) -> tuple[str, ...]:
    """Who did it and when: to the microsecond, so that no two are alike."""
    of = annotation if isinstance(annotation, Mapping) else {}
    return tuple(str(of.get(name)) for name in ("item_id", "rater", "updated_at", "seconds"))


def _item(annotation: Any) -> str:
    return str(annotation.get("item_id")) if isinstance(annotation, Mapping) else ""


def in_order(annotations: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Annotations by item and rater: the order of a file."""

    def place(annotation: Any) -> tuple[str, ...]:
        of = annotation if isinstance(annotation, Mapping) else {}
        return (str(of.get("item_id")), str(of.get("rater")), _id(annotation))

    return sorted(annotations, key=place)


def _public(annotation: Any) -> Any:
    """An annotation as git may have it: choices alone, and of these no sentence that a program put in their place."""
    if not isinstance(annotation, Mapping) or not isinstance(annotation.get("result"), list):
        return annotation
    return {**annotation, "result": [_plain(part) for part in annotation["result"] if _is_choice(part)]}


def _plain(part: Mapping[str, Any]) -> dict[str, Any]:
    value = part.get("value")
    choices = value.get("choices") if isinstance(value, Mapping) else None
    kept = [c if isinstance(c, str) and CHOICE.fullmatch(c) else NO_CHOICE for c in choices or ()]
    return {**part, "value": {CHOICES: kept}}


def _write(path: Path, round_: Round) -> None:
    """One annotation a line, so that a change is a line in git; all or nothing."""
    head: dict[str, Any] = {"format": FORMAT, "round": round_.name, "note": round_.note}
    head["key_check"] = round_.key_check
    if round_.decisions:
        head["decisions"] = round_.decisions
    if round_.background:
        head["background"] = round_.background
    lines = ",\n".join(
        json.dumps(_public(a), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        for a in round_.annotations
    )
    write_text(json.dumps(head, ensure_ascii=False)[:-1] + ',"annotations":[\n' + lines + "\n]}\n", path)
