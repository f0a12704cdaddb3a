"""How a stage runs its step: settings in, tables out, readable errors."""

from __future__ import annotations

import errno
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from pipeline import params as settings
from pipeline.core import extras
from pipeline.core.errors import ParamsError, ValActError
from pipeline.core.invariants import holds
from pipeline.step.step import Job, P, Step

INTERRUPTED = 130


def run(step: Step, part: str = "") -> None:
    """Runs a step of ValAct (or a part of it) for params.yaml, as the whole of a process."""
    run_with(settings.load, step, part)


def run_with(load: Callable[[], P], step: Step[P], part: str = "") -> None:
    """Runs a step of a recipe (or a part of it) for the settings that ``load`` reads, as the whole of a process.

    Exit codes: 0 done, 1 an error that the message explains, 130 stopped by Ctrl-C or SIGTERM. A defect of
    ours keeps its traceback.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    with readable_errors(step.name):
        job = carry_out(step, load(), part)
        for note in job.notes:
            print(f"valact {step.name}: {note}", file=sys.stderr)
        if job.error:
            raise job.error


def carry_out(step: Step[P], params: P, part: str = "") -> Job[P]:
    """Makes the tables of a step, or of one part of it; the engine is there for steps that ask models."""
    _check_part(step, params, part)
    job = Job(step, params, part)
    if step.opens and step.models(params, part):
        with step.opens(params, step.name) as engine:
            job.engine = engine
            step.make(job)
            if step.transcripts:
                job.write(step.transcripts, engine.transcript())
    else:
        step.make(job)
    missing = [p for p in step.outputs if p not in job.written and (job.engine or p != step.transcripts)]
    holds(not missing, f"step {step.name} did not write {', '.join(str(job.path(p)) for p in missing)}")
    return job


@contextmanager
def readable_errors(name: str) -> Iterator[None]:
    """Ends the process with one message where the user, not we, can mend the cause."""
    try:
        yield
    except ValActError as error:
        _end(name, str(error), 1)
    except KeyboardInterrupt:
        _end(name, "stopped; everything recorded so far is kept, run again to continue", INTERRUPTED)
    except PermissionError as error:
        _end(name, f"{error.filename}: no permission to use this path\n  -> check who owns it", 1)
    except ModuleNotFoundError as error:
        said = extras.lacking(error.name or "")
        if said is None:
            raise
        _end(name, said, 1)
    except Exception as error:
        if not _disk_is_full(error):
            raise
        where = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
        _end(name, f"no space left on the disk{where}\n  -> free some room and run again", 1)


def _check_part(step: Step[P], params: P, part: str) -> None:
    parts = step.parts(params)
    if part not in parts:
        raise ParamsError(
            f"{step.name} has no part {part!r}; params name {', '.join(parts) or 'none'}",
            where="params.yaml",
            remedy="name one of these",
        )


def _disk_is_full(error: Exception) -> bool:
    """As the operating system says it, and as SQLite and polars pass it on."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode == sqlite3.SQLITE_FULL
    return f"os error {errno.ENOSPC}" in str(error)


def _end(name: str, message: str, code: int) -> NoReturn:
    print(f"{f'valact {name}'.rstrip()}: {message}", file=sys.stderr)
    raise SystemExit(code) from None


def _interrupt(signum: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt
