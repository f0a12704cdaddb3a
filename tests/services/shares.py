"""How much of the code is run by stages of ValAct alone, of the lens alone, and of both: ``python -m
tests.services.shares`` prints modules and lines by package.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from .closure import ROOT, Sources, stages

KINDS = ("valact", "lens", "both")


def shares(root: Path = ROOT) -> Mapping[str, list[str]]:
    """The Python files that stages run, by whose stages they are."""
    sources, runs = Sources(root), {"valact": set[str](), "lens": set[str]()}
    for name, (module, _) in stages(root).items():
        runs["lens" if name.startswith("lens/") else "valact"] |= sources.closure(module)
    valact, lens = ({file for file in runs[name] if file.endswith(".py")} for name in ("valact", "lens"))
    return {
        "valact": sorted(valact - lens),
        "lens": sorted(lens - valact),
        "both": sorted(valact & lens),
    }


def lines(files: list[str], root: Path = ROOT) -> int:
    """Lines of all of them."""
    return sum(len((root / file).read_bytes().splitlines()) for file in files)


def main() -> None:
    found = shares()
    print("package", *(f"{kind} modules" for kind in KINDS), sep="\t")
    counts = {kind: Counter(file.split("/")[1] for file in found[kind]) for kind in KINDS}
    for package in sorted(set().union(*counts.values())):
        print(package, *(counts[kind][package] for kind in KINDS), sep="\t")
    print("all modules", *(len(found[kind]) for kind in KINDS), sep="\t")
    print("all lines", *(lines(found[kind]) for kind in KINDS), sep="\t")


if __name__ == "__main__":
    main()
