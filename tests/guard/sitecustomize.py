"""Network guard: no Python process of a test run may reach beyond this machine.

The tests put this folder first on PYTHONPATH, so that every child process loads it too. A connection or
look-up of anything but loopback is refused, and noted in the file that VALACT_GUARD_LOG names, so that
the test fails even where the refusal is swallowed.
"""

import ipaddress
import os
import sys

LOCAL_NAMES = {"localhost", "ip6-localhost", "", "0.0.0.0", "::"}


def is_local(host: object) -> bool:
    """Whether an address or name stays on this machine."""
    if host is None:
        return True
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(name.split("%")[0]).is_loopback
    except ValueError:
        return False


def guard(event: str, arguments: tuple) -> None:
    if event == "socket.connect":
        address = arguments[1]
        if not isinstance(address, tuple):  # a Unix socket
            return
        host = address[0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if is_local(host):
        return
    log = os.environ.get("VALACT_GUARD_LOG")
    if log:
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{event} {host!r} by process {os.getpid()} ({' '.join(sys.argv[:3])})\n")
    raise PermissionError(f"the network guard of the tests refused {event} to {host!r}")


if os.environ.get("VALACT_GUARD_LOG"):
    sys.addaudithook(guard)
