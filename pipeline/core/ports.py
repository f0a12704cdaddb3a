"""Ports of this machine, for servers that we start on it."""

from __future__ import annotations

import errno
import socket

from pipeline.core.errors import InputError

HOST = "127.0.0.1"


def free_port(port: int, *, taken_by: str, remedy: str) -> int:
    """The port, or any free one for 0. InputError where something listens there: ``taken_by`` says what it may be."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise InputError(
                f"port {port} is taken, perhaps by another `{taken_by}`", where=HOST, remedy=remedy
            ) from None
        return int(probe.getsockname()[1])
