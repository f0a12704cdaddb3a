"""The server of annotations/compose.yaml without containers: PostgreSQL, Label Studio with the file's own environment,
and a proxy that speaks TLS in front of it."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import yaml

from pipeline.core.ports import HOST
from pipeline.local import label_studio as local
from services.label_studio import PROGRAM

COMPOSE = Path(__file__).resolve().parent.parent.parent / "annotations/compose.yaml"
PATIENCE = 600  # seconds for the first start


def postgres_programs() -> Path | None:
    """The folder of PostgreSQL's own programs; None where it is not installed."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return folders[-1] if folders else None


def free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])


@contextmanager
def postgres(folder: Path) -> Iterator[int]:
    """A database `labelstudio` of a user of that name; its port. For root, another user runs it."""
    programs, port = postgres_programs(), free_port()
    assert programs is not None
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
        who = {"user": account.pw_uid, "group": account.pw_gid}
    data = folder / "database"

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [programs / program, *arguments], cwd=folder, capture_output=True, text=True, check=False, **who
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"

    run("initdb", "-D", str(data), "-U", "labelstudio", "-A", "trust", "--no-sync")
    options = f"-c listen_addresses={HOST} -p {port} -k {folder} -c fsync=off -c synchronous_commit=off"
    run("pg_ctl", "-D", str(data), "-o", options, "-l", str(folder / "postgres.log"), "-w", "start")
    try:
        run("createdb", "-h", HOST, "-p", str(port), "-U", "labelstudio", "labelstudio")
        yield port
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")


def environment(port: int, **given: str) -> dict[str, str]:
    """What compose.yaml gives its server, with ``given`` in the place of its variables and this database."""
    said: Mapping[str, str] = yaml.safe_load(COMPOSE.read_text())["services"]["label-studio"]["environment"]
    filled = {
        name: re.sub(r"\$\{(\w+)[^}]*\}", lambda one: given[one[1]], text) for name, text in said.items()
    }
    return filled | {"POSTGRE_HOST": HOST, "POSTGRE_PORT": str(port), "NO_PROXY": f"{HOST},localhost"}


@contextmanager
def label_studio(home: Path, settings: Mapping[str, str]) -> Iterator[int]:
    """Label Studio with these settings; the port on which it listens."""
    port, home = free_port(), home.absolute()
    home.mkdir()
    passed = {name: os.environ[name] for name in local.PASSED_ON if name in os.environ}
    own = {"LABEL_STUDIO_BASE_DATA_DIR": str(home)}
    with open(home / "server.log", "wb") as log:
        process = subprocess.Popen(
            [str(PROGRAM), "start", "--no-browser", "--internal-host", HOST, "-p", str(port)],
            env=passed | dict(settings) | own,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        ends = time.monotonic() + PATIENCE
        while not _answers(port):
            assert process.poll() is None, (home / "server.log").read_text()[-2000:]
            assert time.monotonic() < ends, "Label Studio does not answer"
            time.sleep(0.5)
        yield port
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{HOST}:{port}/health", timeout=5) as said:
            return bool(said.status == 200)
    except OSError:
        return False


def certificate(folder: Path) -> Path:
    """A certificate for loopback that signs itself, with its key in the same file."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=loopback",
    ]
    command += ["-addext", f"subjectAltName=IP:{HOST}", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    cert.write_text(cert.read_text() + key.read_text())
    return cert


@contextmanager
def tls_proxy(cert: Path, port: int, to: int) -> Iterator[None]:
    """Takes TLS off at ``port`` and hands the bytes on to ``to``, as stunnel does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert)
    server = socket.create_server((HOST, port))

    def serve() -> None:
        while True:
            try:
                plain, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=_hand_on, args=(context, plain, to), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield
    finally:
        server.close()


def _hand_on(context: ssl.SSLContext, plain: socket.socket, to: int) -> None:
    try:
        with (
            context.wrap_socket(plain, server_side=True) as client,
            socket.create_connection((HOST, to)) as behind,
        ):
            back = threading.Thread(target=_pump, args=(behind, client), daemon=True)
            back.start()
            _pump(client, behind)
            back.join()
    except OSError:
        plain.close()


def _pump(one: socket.socket, other: socket.socket) -> None:
    try:
        while part := one.recv(65536):
            other.sendall(part)
        other.shutdown(socket.SHUT_WR)
    except OSError:
        pass
