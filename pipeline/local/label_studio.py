"""A Label Studio server on this machine: loopback only, SQLite in .label-studio/, nothing sent anywhere."""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.annotation import keyfile
from pipeline.annotation.rater_keys import HOME
from pipeline.core.atomic import write_text
from pipeline.core.errors import CredentialsError, InputError, ProviderError
from pipeline.core.ports import HOST, free_port

PORT = 8080
PROGRAM = Path(".venv-annotate/bin/label-studio")
OWNER_FILE, KEY_FILE, LOG, RUNNING, LOCK = "owner", "api_key", "server.log", "running.json", "lock"
PASSWORD_LENGTH = 8  # of the shortest password that the log-in page takes
# The first start builds the database: half a minute, and minutes on a machine that is busy.
START_SECONDS, STOP_SECONDS = 600, 15
# Of the environment, the server sees only this: it takes HOST, PORT, USERNAME and more for settings of its own.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VALACT_GUARD_LOG")
QUIET = {
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    "LATEST_VERSION_CHECK": "false",
    "COLLECT_ANALYTICS": "false",
    # Its pages have tips that the server fetches from the web whatever the settings. A proxy that is not there keeps
    # every request of it on this machine.
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1,localhost",
    # Accounts are made by those whom the owner sends an invitation.
    "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
}


@dataclass(frozen=True)
class Owner:
    """The account that the first start makes; the password shows in no repr and in no list of processes."""

    username: str
    password: str = field(repr=False)


@dataclass
class Running:
    """A running server: its address, the file that holds its owner's key, and its process."""

    url: str
    key_file: Path
    process: subprocess.Popen[bytes]

    @property
    def key(self) -> str:
        return self.key_file.read_text(encoding="utf-8").strip()

    def stop(self) -> None:
        """Ends the server and waits for it; what it recorded is on disk."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def is_new(home: Path = HOME) -> bool:
    """Whether no server has come up there yet, so that an owner is needed."""
    return not (home / OWNER_FILE).exists()


def start(owner: Owner | None, *, home: Path = HOME, port: int = PORT, program: Path = PROGRAM) -> Running:
    """Starts a server and waits until it answers. Port 0 takes any free one.

    Raises InputError where the server is not installed or the port is taken, CredentialsError where a first start
    has no owner, ProviderError where it ends before it answers.
    """
    if not program.exists():
        raise InputError(
            "Label Studio is not installed", where=str(program), remedy="`make annotate` installs it"
        )
    with _alone(home) as lock:
        running = _launch(owner, home, port, program, lock)
    try:
        _wait(running, home / LOG)
    except BaseException:
        running.stop()
        raise
    if owner and is_new(home):
        (home / OWNER_FILE).write_text(owner.username + "\n", encoding="utf-8")
    return running


def _launch(owner: Owner | None, home: Path, port: int, program: Path, lock: int) -> Running:
    """Starts the server, which holds the ``lock`` for as long as it lives."""
    if not is_new(home):
        owner = None
    elif owner is not None:
        _can_log_in(owner)
    else:
        raise CredentialsError(
            "the first start makes the owner's account, and needs a name and a password",
            where="LABEL_STUDIO_USERNAME, LABEL_STUDIO_PASSWORD",
            remedy="export both (the name is an e-mail address; the password has eight characters or more), or run "
            "this on a terminal, where it asks",
        )
    port = free_port(
        port,
        taken_by="make annotate",
        remedy="end that, or name another one with `valact annotate serve --port`",
    )
    key = keyfile.keep(home / KEY_FILE, secrets.token_hex(20))
    command = [str(program.absolute()), "start", "--no-browser", "--internal-host", HOST, "-p", str(port)]
    command.append("--enable-legacy-api-token")
    with open(home / LOG, "ab") as log:
        process = subprocess.Popen(
            command,
            env=_environment(home, owner, key),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Ctrl-C ends it by stop(), once.
            start_new_session=True,
            pass_fds=(lock,),
        )
    running = Running(f"http://{HOST}:{port}", home / KEY_FILE, process)
    write_text(json.dumps({"pid": process.pid, "url": running.url}) + "\n", home / RUNNING)
    return running


def _can_log_in(owner: Owner) -> None:
    """CredentialsError for an account that the server makes and its log-in page then refuses."""
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", owner.username):
        raise CredentialsError(
            f"{owner.username!r} is no e-mail address",
            where="LABEL_STUDIO_USERNAME",
            remedy="give one: you log in with it, and nothing is sent to it",
        )
    if len(owner.password) < PASSWORD_LENGTH:
        raise CredentialsError(
            f"the password has {len(owner.password)} characters, and {PASSWORD_LENGTH} are needed",
            where="LABEL_STUDIO_PASSWORD",
            remedy="choose a longer one",
        )


@contextmanager
def _alone(home: Path) -> Iterator[int]:
    """The lock of the folder, which nobody else has; InputError where a server does, also one that still starts."""
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    with open(home / LOCK, "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _taken(home) from None
        yield file.fileno()


def _taken(home: Path) -> InputError:
    try:
        found: dict[str, Any] = json.loads((home / RUNNING).read_text(encoding="utf-8"))
        url, pid = str(found["url"]), int(found["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return InputError(
            "a server is just starting on this folder",
            where=str(home),
            remedy="wait until it says its address",
        )
    state = "works on this folder already" if _answers(url) else "is just starting on this folder"
    return InputError(
        f"a server {state}, at {url}, as process {pid}",
        where=str(home),
        remedy=f"use that one, or end it by `kill {pid}` and start again: two would spoil one database",
    )


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _environment(home: Path, owner: Owner | None, key: str) -> dict[str, str]:
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    account = (
        {"LABEL_STUDIO_USERNAME": owner.username, "LABEL_STUDIO_PASSWORD": owner.password} if owner else {}
    )
    own = {"LABEL_STUDIO_USER_TOKEN": key, "LABEL_STUDIO_BASE_DATA_DIR": str(home.absolute())}
    return passed | QUIET | account | own


def _wait(running: Running, log: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends:
        if running.process.poll() is not None:
            raise ProviderError(
                f"Label Studio ended with code {running.process.returncode} before it answered",
                where=str(log),
                remedy="the end of that file says why",
            )
        if _answers(running.url):
            return
        time.sleep(0.3)
    raise ProviderError(f"Label Studio did not answer within {START_SECONDS} s", where=str(log))
