"""Text of others where it is shown: terminals, spreadsheets, the card; and a server that sends on to another one."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from services.loopback import Loopback

from pipeline.annotation.client import Server, connect
from pipeline.cli import main
from pipeline.commands import import_humans
from pipeline.commands.table import table
from pipeline.core import progress
from pipeline.core.errors import InputError, ProviderError
from pipeline.core.visible import visible
from pipeline.doctor.check import Check
from pipeline.forms.csv import _cell
from pipeline.release.markdown import markdown_table

OSC = "\x1b]52;c;cm0gLXJm\x07"


def test_errors_and_tables_spell_out_what_would_steer() -> None:
    error = InputError(f"no file {OSC}", where="a\x9b31mb", remedy="look\u202eback")
    for text in (str(error), table(["model"], [[OSC]])):
        assert not set(text) & {"\x1b", "\x07", "\x9b", "\u202e"}
    assert "\\x1b]52" in str(error)
    assert str(error).count("\n") == 1


def test_progress_spells_it_out(capsys: pytest.CaptureFixture[str]) -> None:
    """Notes hold what servers said: a model's name, why a call failed."""
    progress.say(f"the server answers with {OSC}")
    with progress.track("judge", total=1, unit="posts") as bar:
        bar.advance(note=f"failed: {OSC}")
        assert "\x1b" not in bar.describe(0.0)
    said = capsys.readouterr().err
    assert "\\x1b]52" in said
    assert not set(said) & {"\x1b", "\x07"}


def test_commands_spell_out_what_files_and_servers_are_called(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.doctor.examine", lambda **_: [Check("endpoint", "problem", OSC, "ask")])
    with pytest.raises(SystemExit):
        main(["doctor"], standalone_mode=False)
    ledger = pl.DataFrame({"effect": [], "reason": []}, schema={"effect": pl.String, "reason": pl.String})
    imported = SimpleNamespace(tables={"ledger": ledger}, kept=1, left_out=0)
    import_humans._report(cast(Any, imported), {f"{OSC}.csv": [OSC]}, 0, Path("out"))
    said = capsys.readouterr()
    assert "\\x1b]52" in said.out
    assert not set(said.out + said.err) & {"\x1b", "\x07"}


@given(st.text())
def test_what_is_visible_stays_and_nothing_else_is_left(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    assert all(character in "\t\n" or ord(character) >= 0x20 for character in shown)
    plain = "".join(character for character in text if character.isalnum())
    assert plain in "".join(c for c in shown if c.isalnum()) or shown != text


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", " =1+1", "\n=1+1", "\u00a0@SUM(A1)"]
)
def test_no_cell_of_a_survey_table_is_a_formula(text: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerow([_cell(text)])
    (cell,) = next(csv.reader(io.StringIO(out.getvalue())))
    assert cell == f"'{text}"
    assert _cell("Should I go? = no") == "Should I go? = no"


def test_html_of_others_is_text_in_the_card() -> None:
    shown = markdown_table(("model",), [("<img src=x onerror=alert(1)>\n| b",)])
    assert "<img" not in shown
    assert len(shown.splitlines()) == 3


class Forwards(Loopback):
    """Sends everybody on to another server."""

    to = ""

    async def handle(self, request: web.Request, body: Any) -> web.StreamResponse:
        raise web.HTTPTemporaryRedirect(self.to + request.path)


class Keeps(Loopback):
    """Keeps what it is sent."""

    async def handle(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.json_response({"results": [], "count": 0})


def test_the_key_of_label_studio_stays_with_its_server() -> None:
    with Keeps() as other, Forwards() as server:
        server.to = other.url
        with pytest.raises(ProviderError, match="sends on"), connect(Server(server.url, "0" * 40)) as client:
            list(client.projects.list(page_size=10))
        assert server.paths
        assert other.paths == []
