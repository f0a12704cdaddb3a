"""Kinds of things of which each is one entry in one file, found by the file's name.

A kind is a package; every module in it, underscores in front aside, is one of its things and says in ``ENTRY`` what
it is. Whoever adds a file has added the thing: nothing else lists them. Who may not import the package (params stand
below everything) still knows the names, by ``named`` and ``names_in``.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Generic, TypeVar

from pipeline.core.errors import ParamsError

Entry = TypeVar("Entry")

PIPELINE = Path(__file__).parents[1]


class Entries(Generic[Entry]):
    """The things of one kind. ``what`` is the word for one of them, ``package`` the dotted name of their folder.

    Listing them imports none; ``entry`` imports the one that is asked for.
    """

    def __init__(self, what: str, package: str, kind: type[Entry]) -> None:
        self._what = what
        self._package = package
        self._kind = kind
        self._folder = PIPELINE.parent.joinpath(*package.split("."))

    def names(self) -> list[str]:
        """Every name, in alphabetical order."""
        return names_in(self._folder)

    def entry(self, name: str) -> Entry:
        """What the file of that name says; ParamsError where there is none, TypeError for a file that says nothing."""
        try:
            named(self._what, name, self._folder)
        except ValueError as error:
            raise ParamsError(f"{name!r}: {error}") from None
        module = importlib.import_module(f"{self._package}.{name}")
        found = getattr(module, "ENTRY", None)
        if not isinstance(found, self._kind):
            raise TypeError(f"{module.__name__} has no ENTRY that is a {self._kind.__name__}")
        return found

    def all(self) -> dict[str, Entry]:
        """Every entry by its name, all of them imported."""
        return {name: self.entry(name) for name in self.names()}


def named(what: str, name: str, folder: Path, suffix: str = ".py") -> str:
    """The name itself; ValueError that lists the known ones where no file of ``folder`` bears it."""
    if name not in (known := names_in(folder, suffix)):
        raise ValueError(f"there is no {what} of that name; known are {', '.join(known)}")
    return name


def names_in(folder: Path, suffix: str = ".py") -> list[str]:
    """The names of the things in ``folder``, modules or data files, without importing anything.

    Where the package is imported already, its ``__path__`` counts, which others may have made longer.
    """
    return sorted(files_in(folder, suffix))


def files_in(folder: Path, suffix: str = ".py") -> dict[str, Path]:
    """The file of each of them, by its name."""
    package = sys.modules.get(".".join(folder.relative_to(PIPELINE.parent).parts))
    folders = [Path(one) for one in package.__path__] if package else [folder]
    files = [file for one in folders for file in one.glob(f"*{suffix}")]
    return {file.stem: file for file in files if not file.name.startswith("_")}
