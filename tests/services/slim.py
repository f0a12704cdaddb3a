"""A Python that has some packages, what they need, and nothing else: links into the environment of the tests."""

from __future__ import annotations

import venv
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def slim_python(home: Path, packages: Iterable[str]) -> tuple[Path, set[str]]:
    """Makes the environment in ``home``: its Python, and the names of the packages in it."""
    venv.create(home, with_pip=False)
    (site,) = home.glob("lib/python*/site-packages")
    wanted, seen = [*packages], set[str]()
    while wanted:
        name = canonicalize_name(wanted.pop())
        if name in seen:
            continue
        seen.add(name)
        found = distribution(name)
        for part in {
            file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "__pycache__")
        }:
            if not (site / part).exists():
                (site / part).symlink_to(Path(str(found.locate_file(part))))
        needs = [Requirement(line) for line in found.requires or ()]
        wanted += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    return home / "bin/python", seen
