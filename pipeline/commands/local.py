"""`valact local`: the embedded model, for running everything without a key or network."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import threading

import click

from pipeline.core.errors import InputError


@click.group()
def local() -> None:
    """The embedded model of profiles/local.yaml: a real server whose answers are worth nothing."""


@local.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--port", type=click.IntRange(0, 65535), default=None, help="Port on 127.0.0.1; 0 for any free one."
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def serve(port: int | None, command: tuple[str, ...]) -> None:
    """Serves it until Ctrl-C, or for as long as COMMAND runs (such as `valact local serve -- dvc repro judge`).

    COMMAND finds it by LOCAL_BASE_URL. Another port is another address, under which no answers are recorded yet.
    """
    from pipeline.local.model import PORT, start

    # Referred to until the end: it ends with its last reference.
    server, url = start(PORT if port is None else port)
    click.echo(f"SmolLM2-135M-Instruct is at {url}", err=True)
    if not command:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        threading.Event().wait()
    try:
        code = subprocess.run(command, env=os.environ | {"LOCAL_BASE_URL": url}, check=False).returncode
    except OSError as error:
        raise InputError(f"cannot be run: {error.strerror}", where=shlex.join(command)) from None
    del server
    raise SystemExit(code)
