"""docs/extending.md does what it says: each of its examples, followed in a copy of the sample."""

from __future__ import annotations

from pathlib import Path

import pytest
from services.page import blocks, follow
from services.sample_run import built, copy_built

PAGE = Path(__file__).resolve().parent.parent / "docs/extending.md"
BLOCKS = blocks(PAGE.read_text(encoding="utf-8"))


@pytest.mark.slow(after="sample")
@pytest.mark.parametrize("heading", dict.fromkeys(block.heading for block in BLOCKS))
def test_an_example_works_as_the_page_has_it(heading, tmp_path):
    follow([block for block in BLOCKS if block.heading == heading], copy_built(built(), tmp_path / "valact"))


def test_every_kind_of_thing_has_an_example():
    followed = {"A filter rule", "A provider", "A respondent", "A figure", "A dataset", "Anybody's answers"}
    assert {block.heading for block in BLOCKS} == followed
    elsewhere = "instruments.md#adding-an-instrument"  # run by test_three_instruments.py
    assert f"({elsewhere})" in PAGE.read_text(encoding="utf-8")
    assert "\n## Adding an instrument\n" in (PAGE.parent / "instruments.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["$ false\n", "$ echo one\ntwo\n", "$ echo one\none more\n"])
def test_a_page_that_is_wrong_is_found_out(text, tmp_path):
    with pytest.raises(AssertionError, match=r"^\$ "):
        follow(blocks(f"```console\n{text}```\n"), tmp_path)


def test_a_block_without_a_file_is_found_out(tmp_path):
    with pytest.raises(AssertionError, match="neither file nor command"):
        follow(blocks("```python\nx = 1\n```\n"), tmp_path)
