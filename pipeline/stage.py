"""What every stage script shares: settings in, readable errors out."""

from __future__ import annotations

import errno
import functools
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from pipeline import params as settings
from pipeline.errors import ValActError

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


class readable_errors:
    """Context that ends the process with a message where the user, not we, can mend the cause."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ValActError):
            self._end(str(error), 1)
        if isinstance(error, KeyboardInterrupt):
            self._end("stopped; everything recorded so far is kept, run again to continue", INTERRUPTED)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            where = f" ({error.filename})" if error.filename else ""
            self._end(f"no space left on the disk{where}\n  -> free some room and run again", 1)
        if isinstance(error, PermissionError):
            self._end(f"{error.filename}: no permission to use this path\n  -> check who owns it", 1)

    def _end(self, message: str, code: int) -> NoReturn:
        print(f"valact {self.name}: {message}", file=sys.stderr)
        raise SystemExit(code) from None


def _interrupt(signum: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt
