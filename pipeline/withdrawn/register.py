"""The register of posts that were taken back: never used again, and named nowhere.

Two files. ``annotations/takedowns.yaml`` is in git: for each post a date, a reason and an opaque id. That id is a
hash of the post's id under a secret key, which lies outside git in ``.takedowns/key`` and is handed on like a
password. A hash without a key would hide nothing: there are only some billions of post ids, and trying them
all takes a graphics card seconds. The same is true of a scenario's id, so no tombstone has one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from pipeline.core.atomic import write_private, write_text
from pipeline.core.documents import read_yaml
from pipeline.core.errors import CredentialsError, InputError

REGISTER = Path("annotations/takedowns.yaml")
PRIVATE = Path(".takedowns")
KEY = PRIVATE / "key"

Reason = Literal["deleted", "removed", "gone", "private", "requested"]
What = Literal["scenario", "candidate", "post"]
REASONS: tuple[str, ...] = get_args(Reason)
# From most to least.
WHATS: tuple[str, ...] = get_args(What)

_HEAD = """\
# Posts that were taken back, and are never to be used again. `valact takedown` and `valact refresh` write this file.
# An id is a hash of the post's id under the key in .takedowns/key, which is not in git: nobody else can tell the post.
"""


@dataclass(frozen=True, slots=True)
class Takedown:
    """One post that was taken back: opaque id, day (UTC), reason, and what of the release it was."""

    id: str
    date: dt.date
    reason: str
    what: str


class Loss(NamedTuple):
    """Why a post leaves, and what it was: a scenario, a candidate that judges voted on, or neither."""

    reason: Reason
    what: What


class Register:
    """The takedowns known here. Entries can be read without the key; telling posts by them takes it."""

    def __init__(self, folder: Path, entries: tuple[Takedown, ...], key: bytes | None) -> None:
        self.entries = entries
        self._folder = folder
        self._key = key
        self._ids = {entry.id for entry in entries}

    @classmethod
    def open(cls, folder: Path = Path()) -> Register:
        """The register of the project in ``folder``; an empty one needs no key.

        Raises InputError for a file that is none, CredentialsError where the key is missing or another's.
        """
        path, key_file = folder / REGISTER, folder / KEY
        entries, mark = _load(path)
        key = None
        if key_file.exists():
            try:
                key = bytes.fromhex(key_file.read_text(encoding="ascii").strip())
            except (ValueError, UnicodeDecodeError):
                raise CredentialsError("not a key (64 hexadecimal digits)", where=str(key_file)) from None
        if entries and key is None:
            raise CredentialsError(
                f"{len(entries)} posts were taken back, and without the key nobody can tell which",
                where=str(key_file),
                remedy="get the file from whoever took them back; docs/handover.md says how",
            )
        if entries and _mark(key or b"") != mark:
            raise CredentialsError(
                f"the key is not the one that {REGISTER} was written with",
                where=str(key_file),
                remedy="get the file from whoever took the posts back; docs/handover.md says how",
            )
        return cls(folder, entries, key)

    def taken(self, post_ids: Iterable[str]) -> set[str]:
        """Those of the ids that were taken back."""
        if not self._ids:
            return set()
        return {post_id for post_id in post_ids if self._opaque(post_id) in self._ids}

    def add(self, losses: Mapping[str, Loss], day: dt.date) -> Register:
        """Enters posts by id and saves; makes the key if there is none.

        Those that are in already stay as they are, except that one that was taken for less than it was (its tables
        were being rebuilt at the time) becomes the candidate or scenario that it is.
        """
        if self._key is None:
            self._key = _make_key(self._folder / KEY)
        known = {entry.id: entry for entry in self.entries}
        after = dict(known)
        for post_id, loss in losses.items():
            opaque = self._opaque(post_id)
            entry = known.get(opaque, Takedown(opaque, day, loss.reason, loss.what))
            what = min(entry.what, loss.what, key=WHATS.index)
            after[opaque] = replace(entry, what=what)
        if after == known:
            return self
        entries = tuple(sorted(after.values(), key=lambda entry: (entry.date, entry.id)))
        _save(entries, _mark(self._key), self._folder / REGISTER)
        return Register(self._folder, entries, self._key)

    def _opaque(self, post_id: str) -> str:
        return hashlib.blake2b(post_id.encode(), digest_size=16, key=self._key or b"").hexdigest()


def read(path: Path = REGISTER) -> tuple[Takedown, ...]:
    """The entries alone, by date and id; none where there is no file."""
    return _load(path)[0]


def parse(rows: Any, where: Path) -> tuple[Takedown, ...]:
    """Rows of YAML or JSON as entries; InputError names the first that is none."""
    entries = []
    for row in rows if isinstance(rows, list) else [rows]:
        try:
            day = dt.date.fromisoformat(str(row["date"]))
            entry = Takedown(row["id"], day, row["reason"], row["what"])
            known = entry.reason in REASONS and entry.what in WHATS and len(row) == 4
            if not known or len(bytes.fromhex(entry.id)) != 16:
                raise ValueError
        except (TypeError, KeyError, ValueError):
            raise InputError(
                f"not an entry of taken-back posts: {row!r}"[:200],
                where=str(where),
                remedy="put the file back as git has it; only `valact takedown` and `valact refresh` write it",
            ) from None
        entries.append(entry)
    if len({entry.id for entry in entries}) != len(entries):
        raise InputError("a post is entered twice", where=str(where), remedy="take one of the lines out")
    return tuple(entries)


def as_rows(entries: Iterable[Takedown]) -> list[dict[str, str]]:
    return [{name: str(value) for name, value in asdict(entry).items()} for entry in entries]


def _load(path: Path) -> tuple[tuple[Takedown, ...], str]:
    if not path.exists():
        return (), ""
    found = read_yaml(path, remedy="put the file back as git has it")
    if not isinstance(found, dict) or set(found) != {"key_mark", "takedowns"}:
        raise InputError(
            "not a register of taken-back posts (key_mark and takedowns)",
            where=str(path),
            remedy="put the file back as git has it",
        )
    return parse(found["takedowns"], path), str(found["key_mark"])


def _save(entries: Iterable[Takedown], mark: str, path: Path) -> None:
    lines = [
        "  - {" + ", ".join(f"{name}: {value!r}" for name, value in row.items()) + "}"
        for row in as_rows(entries)
    ]
    write_text("\n".join([f"{_HEAD}key_mark: '{mark}'", "takedowns:", *lines]) + "\n", path)


def _make_key(path: Path) -> bytes:
    key = secrets.token_bytes(32)
    write_private(key.hex() + "\n", path)
    return key


def _mark(key: bytes) -> str:
    """Tells one key from another without telling the key."""
    return hashlib.blake2b(b"valact takedowns", digest_size=4, key=key).hexdigest()
