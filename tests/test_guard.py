"""The network guard itself, in this process and in a child."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

CONNECT = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"


def forget_breaches():
    """The breaches were on purpose: takes them out of the log again."""
    log = Path(os.environ["VALACT_GUARD_LOG"])
    text = log.read_text()
    log.write_text("")
    return text


def test_a_connection_beyond_loopback_is_refused_and_noted():
    with pytest.raises(PermissionError, match="network guard"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    assert "192.0.2.1" in forget_breaches()


def test_a_child_process_is_guarded_too():
    done = subprocess.run([sys.executable, "-c", CONNECT], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "network guard" in done.stderr
    assert "192.0.2.1" in forget_breaches()


def test_loopback_is_open():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()


@pytest.fixture(scope="module")
def shared_thing():
    return object()


def test_what_shares_a_fixture_stays_in_one_process(request, shared_thing):
    """pytest-xdist reads groups out of the ids of tests; where it cannot, each process builds everything again."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("there is one process only")
    assert request.node.nodeid.endswith("@test_guard")
