"""A real Label Studio server on loopback, its raters, and a rater who works through the page with the keyboard."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from pipeline.annotation.client import Server
from pipeline.local import label_studio as local

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response

PROGRAM = Path(__file__).resolve().parent.parent.parent / local.PROGRAM
OWNER = local.Owner("owner@example.org", "owner-password")
PASSWORD = "rater-password"
PATIENCE = 20_000  # milliseconds for a page to answer


@dataclass(frozen=True)
class Answer:
    """What a rater says of an item: an alias of its choices, perhaps a second value and a comment; or skips it."""

    answer: str = ""
    second: str = ""
    comment: str = ""
    skip: bool = False

    def result(self) -> list[dict[str, Any]]:
        """As an annotation holds it."""
        parts = [_part("answer", "choices", self.answer), _part("second", "choices", self.second)]
        parts.append(_part("comment", "textarea", self.comment, "text"))
        return [part for part in parts if part]


SKIP = Answer(skip=True)


@dataclass(frozen=True)
class Rater:
    """An account on the server, with a client that is signed in to it."""

    email: str
    web: httpx.Client = field(repr=False)

    def judge(self, task: Mapping[str, Any], answer: Answer, seconds: float = 5.0) -> None:
        """One judgement through the API, as the page sends it."""
        body = {"result": answer.result(), "lead_time": seconds, "was_cancelled": answer.skip}
        said = self.web.post(f"/api/tasks/{task['id']}/annotations/", json=body)
        assert said.status_code == 201, said.text


class Running:
    """A server with its data in ``home``; ``restart`` brings it back at the same address."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._running = local.start(OWNER, home=home, port=0, program=PROGRAM)
        self.url = self._running.url
        self._raters: dict[str, Rater] = {}

    @property
    def server(self) -> Server:
        return Server(self.url, self._running.key)

    @property
    def database(self) -> Path:
        return self.home / "label_studio.sqlite3"

    def stop(self) -> None:
        self._running.stop()

    def crash(self) -> None:
        """Kills the server in the middle of whatever it does, and brings it back."""
        self._running.process.kill()
        self._running.process.wait()
        self.start()

    def restart(self) -> None:
        self.stop()
        self.start()

    def start(self) -> None:
        self._running = local.start(None, home=self.home, port=int(self.url.rsplit(":")[-1]), program=PROGRAM)

    def rater(self, name: str) -> Rater:
        """A rater of that name, who signs up by invitation the first time."""
        if name not in self._raters:
            owner = httpx.Client(
                base_url=self.url, headers={"Authorization": f"Token {self.server.key}"}, trust_env=False
            )
            token = owner.get("/api/invite").json()["token"]
            web = httpx.Client(base_url=self.url, trust_env=False, follow_redirects=True, timeout=60)
            web.get(f"/user/signup/?token={token}")
            email = f"{name}@example.org"
            form = {"email": email, "password": PASSWORD, "allow_newsletters": "false"}
            form["csrfmiddlewaretoken"] = web.cookies["csrftoken"]
            done = web.post(f"/user/signup/?token={token}", data=form, headers={"Referer": self.url})
            assert done.status_code == 200, done.text[:500]
            key = web.get("/api/current-user/token").json()["token"]
            web.close()
            web = httpx.Client(
                base_url=self.url, headers={"Authorization": f"Token {key}"}, trust_env=False, timeout=60
            )
            self._raters[name] = Rater(email, web)
        return self._raters[name]


@contextmanager
def label_studio(home: Path) -> Iterator[Running]:
    """A running server; the first start takes half a minute."""
    running = Running(home)
    try:
        yield running
    finally:
        running.stop()


class PageRater:
    """A rater at the page, with nothing but a keyboard.

    ``judge`` gives the answers one after the other, in the order in which the page asks, and returns the ids of the
    items judged. It presses the keys that the page shows beside the choices.
    """

    def __init__(
        self, browser: Browser, url: str, email: str, password: str = PASSWORD, **device: Any
    ) -> None:
        self.page: Page = browser.new_page(**{"viewport": {"width": 1366, "height": 768}, **device})
        self.page.set_default_timeout(PATIENCE)
        self.url = url
        self.page.goto(f"{url}/user/login/")
        self.page.fill("input[name=email]", email)
        self.page.fill("input[name=password]", password)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "/user/" not in url)

    def close(self) -> None:
        self.page.context.close()

    def open(self, project: int) -> dict[str, Any] | None:
        """Opens the queue and shuts the guidelines; the data of the first item, None when there is none left."""
        with self.page.expect_response(_is_next) as said:
            self.page.goto(f"{self.url}/projects/{project}/data?labeling=1")
        item = _item(said.value)
        if item:
            self.page.wait_for_selector(".lsf-modal-ls__body")
            self.page.keyboard.press("Escape")
            self.page.wait_for_selector(".lsf-modal-ls__body", state="detached")
        return item

    def judge(self, project: int, answers: Mapping[str, Answer], seconds: float = 0.0) -> list[str]:
        """Judges until the queue is empty or asks for an item that ``answers`` lacks; ``seconds`` are spent on each."""
        judged, item = [], self.open(project)
        while item and item["item_id"] in answers:
            judged.append(item["item_id"])
            time.sleep(seconds)
            item = self.give(item, answers[item["item_id"]])
        return judged

    def give(self, item: Mapping[str, Any], answer: Answer) -> dict[str, Any] | None:
        """Answers the item that the page shows; the data of the next, None when there is none left."""
        keys = self.page.keyboard
        self.shown(item)
        if not answer.skip and answer.answer:
            self.choose(item["choices"], answer.answer, 0)
            if answer.second:
                self.choose(item["second_choices"], answer.second, len(item["choices"]))
            if answer.comment:
                self._comment(answer.comment)
        with self.page.expect_response(_is_next) as said:
            keys.press("Control+Space" if answer.skip else "Control+Enter")
        return _item(said.value)

    def submit(self) -> dict[str, Any] | None:
        """Presses the button, which has to be on the screen; the data of the next item, None when there is none."""
        button = self.page.locator("button", has_text="Submit").first
        with self.page.expect_response(_is_next) as said:
            button.tap()
        return _item(said.value)

    def shown(self, item: Mapping[str, Any]) -> None:
        """Waits until the page shows the item, ready for keys."""
        start = item["scenario"].strip().splitlines()[0][:60]
        self.page.locator(".valact-left", has_text=start).wait_for()
        self.page.locator(".valact-right", has_text=item["action"][:60] or item["question"]).wait_for()
        self.page.locator(".lsf-choice__item").nth(len(item["choices"]) - 1).wait_for()

    def choose(self, choices: list[dict[str, str]], alias: str, before: int) -> None:
        """Presses the key of a choice until it is chosen; ``before`` choices of other questions stand above."""
        place = [choice["alias"] for choice in choices].index(alias)
        radio = self.page.locator(".lsf-choice__item input").nth(before + place)
        ends = time.monotonic() + PATIENCE / 1000
        # A key that comes while the page is still being drawn is lost; a second one would take the choice back.
        while not radio.is_checked():
            assert time.monotonic() < ends, f"the key of {alias} does nothing"
            self.page.keyboard.press(choices[place]["hotkey"].replace("shift", "Shift"))
            self.page.wait_for_timeout(150)

    def _comment(self, text: str) -> None:
        field = self.page.locator("input[name=comment]")
        while not field.evaluate("one => one === document.activeElement"):
            self.page.keyboard.press("Tab")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")
        self.page.locator(".valact-comment", has_text=text).wait_for()


def _is_next(response: Response) -> bool:
    return "/api/dm/actions?id=next_task" in response.url


def _item(response: Response) -> dict[str, Any] | None:
    return response.json()["data"] if response.ok else None


def _part(name: str, kind: str, text: str, field: str = "choices") -> dict[str, Any] | None:
    if not text:
        return None
    return {"from_name": name, "to_name": "scenario", "type": kind, "value": {field: [text]}}
