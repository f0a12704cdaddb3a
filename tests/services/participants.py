"""Made-up participants of a study on a server: they answer over HTTP, leave, come back, cheat; and the server, killed.

What a participant heard to be stored is written down here, so that it can be compared with what is there.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from pipeline.core.ports import free_port
from pipeline.core.seeding import seeded_hash

BATCH = 16
_STUDY = re.compile(r'id="study">(.*?)</script>', re.DOTALL)
_FORM = re.compile(r'id="form">(.*?)</script>', re.DOTALL)


class Server:
    """`valact study serve` in a process of its own, on one port through all its starts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port(0, taken_by="a test", remedy="")
        self.url = f"http://127.0.0.1:{self.port}"
        self.starts = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "pipeline", "study", "serve", "forms", "--port", str(self.port)]
        self._process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL)
        self.starts += 1
        while True:
            try:
                httpx.get(f"{self.url}/study.js", verify=False)
                return
            except httpx.TransportError:
                assert self._process.poll() is None, "the server did not start"
                time.sleep(0.02)

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Killer:
    """Kills the server after so many calls that it answered, and starts it again; the others try again meanwhile."""

    def __init__(self, server: Server, after: int) -> None:
        self._server, self._left, self._lock = server, after, threading.Lock()

    def answered(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self._server.kill()
                self._server.start()


class Participant:
    """Somebody with a panel's code. ``stored`` is what the server said to have stored, by item."""

    def __init__(self, server: Server, number: int, killer: Killer, cheats: bool = False) -> None:
        self.number, self.cheats = number, cheats
        self.panel = {
            "PROLIFIC_PID": f"pid{number:03}",
            "STUDY_ID": "drill",
            "SESSION_ID": f"visit{number:03}",
        }
        self.stored: dict[str, Any] = {}
        self.withdrawal, self.form, self.completion = "", "", ""
        self._items: list[dict[str, Any]] = []
        self._anchors: list[str] = []
        self._server, self._killer = server, killer
        self._client = httpx.Client(base_url=server.url, verify=False)

    def begin(self, code: str = "") -> None:
        """Agrees, or goes on with a withdrawal code; reads the page."""
        landing = self._read(_FORM, "/")
        panel = {} if code else self.panel
        self._call("begin", {"agreed": True, "consent": landing["consent"], "code": code, "panel": panel})
        self._look()

    def leave(self) -> None:
        """Closes the browser, which forgets its cookie."""
        self._client.close()
        self._client = httpx.Client(base_url=self._server.url, verify=False)

    def answer(self, share: float) -> None:
        """Answers the first share of the items, some at a time."""
        items = self._items[: round(share * len(self._items))]
        open_ = [item for item in items if item["id"] not in self.stored]
        for start in range(0, len(open_), BATCH):
            batch = {
                item["id"]: [self._choice(item), self._seconds(item)] for item in open_[start : start + BATCH]
            }
            self._call("answers", {"answers": batch, "at": start + 1})
            self.stored |= {item: answer for item, (answer, _) in batch.items()}

    def finish(self) -> None:
        self.completion = self._call("finish", {})["completion"]

    def _look(self) -> None:
        """What the page of the person shows now."""
        state, form = (self._read(pattern, "/questionnaire") for pattern in (_STUDY, _FORM))
        assert state["state"]["answers"].items() >= self.stored.items()
        self.withdrawal, self.form = state["state"]["withdrawal"], form["form"]
        self._items = [item for block in form["blocks"] for item in block["items"]]
        self._anchors = form["anchors"]

    def _choice(self, item: dict[str, Any]) -> Any:
        """What a check asks for, else a draw; who cheats reads nothing and takes the first option."""
        draw, text = seeded_hash(3, f"participant {self.number}", item["id"]), item["text"]
        if "options" in item:
            words = ("first", "second", "third", "fourth")
            asked = [place for place, word in enumerate(words) if f"choose the {word} option" in text]
            return item["options"][0 if self.cheats else asked[0] if asked else draw % 4]["id"]
        named = [place for place, anchor in enumerate(self._anchors, start=1) if f"“{anchor}”" in text]
        return named[0] if named and not self.cheats else 1 + draw % len(self._anchors)

    def _seconds(self, item: dict[str, Any]) -> float:
        return 0.2 if self.cheats else 5 + seeded_hash(4, f"participant {self.number}", item["id"]) % 50 / 10

    def _read(self, pattern: re.Pattern[str], path: str) -> Any:
        text = self._try("GET", path).text
        found = pattern.search(text)
        assert found, text[:200]
        return json.loads(found.group(1))

    def _call(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._try("POST", f"/{path}", json=body)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        self._killer.answered()
        return answer.json()

    def _try(self, method: str, path: str, **more: Any) -> httpx.Response:
        """As a browser does: again until the server is there. What it may have stored is then stored again."""
        while True:
            try:
                return self._client.request(method, path, follow_redirects=True, timeout=30, **more)
            except httpx.TransportError:
                time.sleep(0.02)
