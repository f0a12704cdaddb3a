"""A headless Chromium for the tests of pages: the machine's own, or one that `make test` installs.

`python tests/services/browser.py` installs one where there is none, and says so where it cannot.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Request

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # The network guard sees Python only: nothing but loopback has a name here.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


def executable() -> str | None:
    """The path of a Chromium: on PATH, or playwright's own download; None where there is none."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser; RuntimeError where the machine has none."""
    from playwright.sync_api import sync_playwright

    path = executable()
    if path is None:
        raise RuntimeError("no Chromium on this machine; `make test` could not install one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def offline_pages(browser: Browser, *schemes: str) -> Iterator[Callable[..., Page]]:
    """Opens pages by their address, each in a device of its own (``**device``) and without a network; whatever a page
    asks for beyond these schemes, or complains of, is an AssertionError at the end."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith(schemes):
            complaints.append(request.url)

    def open_page(address: str, **device: Any) -> Page:
        context = browser.new_context(**device)
        contexts.append(context)
        context.set_offline(True)
        page = context.new_page()
        page.on("request", asked)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints


def install() -> bool:
    """Installs Chromium with the system's packages where we may, else with playwright; whether there is one."""
    if executable():
        return True
    ways = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get") and os.geteuid() == 0:
        ways.insert(
            0, ["sh", "-c", "apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium"]
        )
    for way in ways:
        print(f"Installing Chromium for the tests of pages: {' '.join(way)}", flush=True)
        done = subprocess.run(way, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
        if done.returncode == 0 and executable():
            return True
    print("No Chromium could be installed: the tests of pages will be skipped")
    return False


if __name__ == "__main__":
    install()
