"""Whether every locked package may be used by an Apache-2.0 project: `make lint` runs this in the environment of tests.

Reads the lock files and, of what is installed, the licence that each package states. A copyleft licence is allowed
where it has a choice or an exception that lets others link, and where it binds files, not users (MPL, EPL, ZPL). Exit
code 1 names what is neither allowed nor known.

    python requirements/licences.py [LOCK...]
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

LOCKS = ("run.txt", "test.txt")
ALLOWED = re.compile(
    r"apache|\bmit\b|\bmit-cmu\b|bsd|\bisc\b|\bpsf\b|python software foundation|\bpython-2\.0\b|mozilla|\bmpl\b|mpl-2"
    r"|eclipse|\bepl|zope|\bzpl|unlicense|public domain|\bcc0\b|\bzlib\b|\bhpnd\b|linking exception|\b0bsd\b|\bblueoak",
    re.IGNORECASE,
)
COPYLEFT = re.compile(r"\b(?:a|l)?gpl|gnu (?:affero|general|lesser)", re.IGNORECASE)
# Packages whose metadata state nothing; what their licence file says.
BY_FILE = {
    "axe-playwright-python": "MIT",
    "dataframely": "BSD-3-Clause",
    "label-studio-sdk": "Apache-2.0",
    "mlcroissant": "Apache-2.0",
}
_LOCKED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==", re.MULTILINE)


def locked(paths: list[Path]) -> list[str]:
    """The names in the lock files, each once, in order."""
    return sorted(
        {name.lower() for path in paths for name in _LOCKED.findall(path.read_text(encoding="utf-8"))}
    )


def stated(package: Distribution) -> str:
    """What a package says of its licence: its expression, else the head of its text if that is a name, else its
    classifiers."""
    meta = package.metadata
    said = meta.get("License-Expression") or ""
    if not said:
        lines = (meta.get("License") or "").strip().splitlines()[:1]
        named = [line for line in lines if ALLOWED.search(line) or COPYLEFT.search(line)]
        classifiers = [c for c in meta.get_all("Classifier") or [] if c.startswith("License ::")]
        said = "; ".join(named or [c.rpartition(" :: ")[2] for c in classifiers])
    return said or BY_FILE.get(package.name.lower(), "")


def allowed(licence: str) -> bool:
    """Whether one of the choices that a licence gives is free of copyleft, and of its other parts each is."""
    choices = re.split(r"\bOR\b|\|", licence)
    return any(
        bool(ALLOWED.search(choice))
        and (not COPYLEFT.search(choice) or "linking exception" in choice.lower())
        for choice in choices
    )


def problems(names: list[str]) -> Iterator[str]:
    for name in names:
        try:
            licence = stated(distribution(name))
        except PackageNotFoundError:
            continue  # locked for another platform
        if not licence:
            yield f"{name}: it states no licence; read its licence file and enter it in {Path(__file__).name}"
        elif not allowed(licence):
            yield f"{name}: {licence[:100]!r} is not allowed beside Apache-2.0"


def main(arguments: list[str]) -> int:
    folder = Path(__file__).parent
    names = locked([Path(argument) for argument in arguments] or [folder / lock for lock in LOCKS])
    found = list(problems(names))
    for problem in found:
        print(problem, file=sys.stderr)
    print(f"licences: {len(names)} locked packages, {len(found)} that cannot stay", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
