"""A port that is taken is told before a server is started on it."""

from __future__ import annotations

import socket

import pytest

from pipeline.core.errors import InputError
from pipeline.core.ports import HOST, free_port


def test_a_taken_port_is_an_error_that_names_it() -> None:
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        listening.listen()
        port = listening.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} is taken, perhaps by another `make annotate`"):
            free_port(port, taken_by="make annotate", remedy="end that")
    assert free_port(port, taken_by="make annotate", remedy="end that") == port


def test_port_0_is_any_free_one() -> None:
    assert free_port(0, taken_by="", remedy="") > 0
