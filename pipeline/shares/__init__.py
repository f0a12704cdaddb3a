"""Dumps shared among several runs, such as the tasks of a job array: each reads some, and one joins what all have read.

The runs know nothing of each other. Each finds the same files in the same order, and so the same shares; what is read
lies in one folder that all of them see.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.core.errors import InputError, ParamsError
from pipeline.params import Params
from pipeline.reddit import archive, saved
from pipeline.reddit.dumps import Dump, find_dumps
from pipeline.reddit.parts import Part, parts_folder
from pipeline.scrape.sources.archive import wanted

# Dumps that are named where something is missing.
SHOWN = 5


def share(dumps: Sequence[Dump], number: int, of: int) -> list[Dump]:
    """The dumps of the ``number``-th (from 1) of so many runs: the largest first, each for whom has least to read."""
    loads = [0] * of
    mine = []
    for dump in sorted(dumps, key=lambda dump: (-dump.file.size, dump.source)):
        lightest = loads.index(min(loads))
        loads[lightest] += dump.file.size
        if lightest == number - 1:
            mine.append(dump)
    return mine


def read_share(params: Params, folder: Path, number: int, of: int) -> list[Part]:
    """Reads one run's dumps; what was read before is not read again."""
    dumps, _ = find_dumps(_paths(params))
    work = parts_folder(params.run, folder)
    work.mkdir(parents=True, exist_ok=True)
    settings = params.scrape.archive
    return archive.read_dumps(share(dumps, number, of), wanted(params), work, settings.processes)


def check_all_read(params: Params, folder: Path) -> None:
    """InputError where a dump is still to be read."""
    dumps, _ = find_dumps(_paths(params))
    work = parts_folder(params.run, folder)
    missing = [dump.source for dump in dumps if saved.find(work, saved.key(dump, wanted(params))) is None]
    if missing:
        more = f" and {len(missing) - SHOWN:,} more" if len(missing) > SHOWN else ""
        raise InputError(
            f"{len(missing):,} of {len(dumps):,} dumps are not read yet, or were read with other settings, or have "
            f"changed since: {', '.join(missing[:SHOWN])}{more}",
            where=str(work),
            remedy="run `valact scrape --part I/N` for the shares that did not end; `dvc repro scrape` reads what is "
            "missing and joins",
        )


def _paths(params: Params) -> list[str]:
    if params.scrape.source != "archive":
        raise ParamsError(
            f"scrape.source: {params.scrape.source!r} has no dumps to share out",
            where="params.yaml",
            remedy="only the source 'archive' has; `dvc repro scrape` reads any other",
        )
    return params.scrape.archive.paths
