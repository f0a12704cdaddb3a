"""What every stage script shares: settings in, readable errors out."""

from __future__ import annotations

import errno
import functools
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from pipeline import params as settings
from pipeline.core.errors import ValActError

INTERRUPTED = 130


def stage(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes ``main(params, *args)`` a stage: loads params.yaml, and turns what a user can mend into one error.

    Exit codes: 0 done, 1 an error that the message explains, 130 stopped by Ctrl-C or SIGTERM. A defect of
    ours keeps its traceback.
    """

    def decorate(main: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(main)
        def run(*args: str) -> None:
            signal.signal(signal.SIGTERM, _interrupt)
            with readable_errors(name):
                main(settings.load(), *args)

        return run

    return decorate


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
    except Exception as error:
        if not _disk_is_full(error):
            raise
        where = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
        _end(name, f"no space left on the disk{where}\n  -> free some room and run again", 1)


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
