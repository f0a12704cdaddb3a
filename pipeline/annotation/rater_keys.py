"""The keys of rater ids, one a round and what follows from it: never on a server, never in git.

They are in ``.label-studio/rater_keys/``. Raters can read the description of their project and the server's list of
members. With the key beside these, each of them could tell who gave which of the published judgements.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.annotation import keyfile
from pipeline.annotation.rater_ids import key_check, new_key
from pipeline.core.errors import CredentialsError
from pipeline.tables.ids import ADJUDICATION, first_round

# What Label Studio on this machine keeps, and what we keep beside it; out of git.
HOME = Path(".label-studio")
FOLDER = HOME / "rater_keys"


def make(round_: str) -> str:
    """The key of a round, made where there is none. Rounds that follow from one have its key: a person is one rater."""
    return keyfile.keep(_path(round_), new_key())


def adopt(round_: str, key: str) -> None:
    """Keeps a key that an earlier version left on the server, so that its raters stay who they were."""
    keyfile.keep(_path(round_), key)


def here(round_: str, check: str) -> bool:
    """Whether the key of a round is on this machine."""
    path = _path(round_)
    return path.exists() and key_check(path.read_text(encoding="utf-8").strip()) == check


def read(round_: str, check: str) -> str:
    """The key of a round whose check the project carries; CredentialsError where it is not here, or another's."""
    path = _path(round_)
    key = path.read_text(encoding="utf-8").strip() if path.exists() else ""
    if not key or key_check(key) != check:
        raise CredentialsError(
            "the key that rater ids are made with is not here" if not key else "the key is another project's",
            where=str(path),
            remedy="get the file from whoever sent the round (like a password; docs/handover.md); without it the "
            "same person would count as another one",
        )
    return key


def _path(round_: str) -> Path:
    # Whoever settles a dispute is nobody of those who had it, even if it is the same person.
    return FOLDER / (round_ if round_.endswith(ADJUDICATION) else first_round(round_))
