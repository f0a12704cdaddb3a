"""Kinds of things of which each is one entry in one file, found by the file's name.

A kind is a package; every module in it, underscores in front aside, is one of its things and says in ``ENTRY`` what
it is. Whoever adds a file has added the thing: nothing else lists them.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Generic, TypeVar

from pipeline.core.errors import ParamsError

Entry = TypeVar("Entry")


class Entries(Generic[Entry]):
    """The things of one kind. ``what`` is the word for one of them, ``package`` the dotted name of their folder.

    Listing them imports the package and none of its modules; ``entry`` imports the one that is asked for.
    """

    def __init__(self, what: str, package: str, kind: type[Entry]) -> None:
        self._what = what
        self._package = package
        self._kind = kind

    def names(self) -> list[str]:
        """Every name, in alphabetical order."""
        folder = importlib.import_module(self._package).__path__
        return sorted(module.name for module in pkgutil.iter_modules(folder) if module.name[0] != "_")

    def check(self, name: str) -> str:
        """The name itself; ValueError that lists the known ones where there is no such thing."""
        if name not in (known := self.names()):
            raise ValueError(f"there is no {self._what} of that name; known are {', '.join(known)}")
        return name

    def entry(self, name: str) -> Entry:
        """What the file of that name says; ParamsError where there is none, TypeError for a file that says nothing."""
        try:
            module = importlib.import_module(f"{self._package}.{self.check(name)}")
        except ValueError as error:
            raise ParamsError(f"{name!r}: {error}") from None
        found = getattr(module, "ENTRY", None)
        if not isinstance(found, self._kind):
            raise TypeError(f"{module.__name__} has no ENTRY that is a {self._kind.__name__}")
        return found
