"""`valact probe`: who memorised posts is found, who did not is not, and every release has its canary."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from services.chat import ChatServer, completion
from services.folder import valact, write_params
from services.runs import chat_model, run_params

from pipeline import params as settings
from pipeline import recipe
from pipeline.params import Params
from pipeline.params.probe import Probe
from pipeline.probe import excess, ranks
from pipeline.probe.excess import chances, excesses, mean, permutation_p
from pipeline.probe.halves import cut, draw
from pipeline.probe.likeness import runs, shares
from pipeline.probe.ranks import rank_p
from pipeline.step import about, canary
from pipeline.tables import Scenarios, places, read_table, write_table
from pipeline.tables.flags import FLAGS

MODELS = ("knows", "fresh", "other")
POSTS = 24
# What many posts have in common, so that no similarity is zero by construction.
STOCK = ["what should i do now", "i really do not know", "my family thinks that i", "is it wrong of me"]
HEADS, TAILS = ("bar", "cam", "dol", "fen", "gor", "hul"), ("ado", "ine", "urt", "oke")
NOUNS = [head + tail for head in HEADS for tail in TAILS]


def prose(seed: str, words: int = 90) -> str:
    """Words that mean nothing, with stock phrases among them."""
    dice = random.Random(seed)
    parts: list[str] = []
    while len(parts) < words:
        parts += dice.choice(STOCK).split() if dice.random() < 0.15 else [dice.choice(NOUNS)]
    return " ".join(parts)


def text(number: int) -> str:
    return prose(f"post {number}", 180)


def scenarios(count: int = POSTS) -> pl.DataFrame:
    rows = [
        {
            "scenario_id": f"s{number:010x}",
            "post_id": f"p{number}",
            "category": f"C{number % 2}",
            "subreddit": "jobs",
            "created_at": "2020-01-01T00:00:00",
            "rank": number // 2 + 1,
            "role": "chosen",
            "text": text(number),
            "masked": 0,
            "source_sha256": "0" * 64,
            "text_sha256": "0" * 64,
            **dict.fromkeys(FLAGS),
        }
        for number in range(count)
    ]
    return pl.DataFrame(rows).with_columns(
        pl.col("created_at").str.to_datetime("%Y-%m-%dT%H:%M:%S", time_zone="UTC")
    )


# Cutting and comparing


def test_a_text_is_cut_behind_its_middle_and_loses_nothing_but_the_blank() -> None:
    assert cut("one two three four") == ("one two three", "four")
    assert cut("x" * 10) == ("x" * 5, "x" * 5)


def test_categories_take_turns_and_more_texts_keep_those_that_were_drawn() -> None:
    few, more = ([one.scenario_id for one in draw(scenarios(), most, 1)] for most in (6, 10))
    assert set(few) < set(more)
    assert [sum(one.category == name for one in draw(scenarios(), 6, 1)) for name in ("C0", "C1")] == [3, 3]
    assert few != [one.scenario_id for one in draw(scenarios(), 6, 2)]


def test_runs_know_no_case_no_marks_and_stop_at_placeholders() -> None:
    assert runs("Ask HIM, now!", 2) == {("ask", "him"), ("him", "now")}
    assert runs("ask [PERSON] now please", 2) == {("now", "please")}
    assert runs("ask", 2) == frozenset()


def test_what_was_given_is_no_part_of_what_is_known() -> None:
    (one,) = draw(pl.DataFrame({"scenario_id": ["s1"], "category": ["C"], "text": ["a b c d a b c e"]}), 1, 1)
    assert (one.first, one.second) == ("a b c d", "a b c e")
    assert shares([one], ["a b c d"], 3)[0, 0] == 0.0
    assert shares([one], ["a b c e"], 3)[0, 0] == 0.5


# Estimate, interval and test


def matrix(rng: np.random.Generator, n: int = 30) -> np.ndarray[Any, Any]:
    """Shares as they are where nobody knows anything: mostly none, more for some continuations and some halves."""
    rates = rng.gamma(1, 0.01, (n, 1)) + rng.gamma(1, 0.01, (1, n))
    return rng.binomial(90, np.minimum(rates, 1)) / 90


def test_the_estimate_is_the_diagonal_less_the_rest() -> None:
    one = matrix(np.random.default_rng(1))
    assert excesses(one).mean() == pytest.approx(np.diagonal(one).mean() - chances(one).mean())


def test_where_nothing_is_known_nothing_is_found_and_what_is_known_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(excess, "PERMUTATIONS", 199)
    rng, planted = np.random.default_rng(7), 0.02
    held, found, seen, ns = 0, 0, 0, 300
    for number in range(ns):
        pair = [matrix(rng), matrix(rng)]
        null = mean(np.concatenate([excesses(one) for one in pair]), 0.95)
        found += permutation_p(pair, number) <= 0.05
        known = [one + planted * np.eye(len(one)) for one in pair]
        there = mean(np.concatenate([excesses(one) for one in known]), 0.95)
        assert null
        assert there
        assert there.size == pytest.approx(null.size + planted)
        held += null.low <= 0 <= null.high
        seen += permutation_p(known, number) <= 0.05
    assert 0.93 <= held / ns <= 0.98
    assert 0.02 <= found / ns <= 0.07
    assert seen / ns > 0.9


# The command, against servers that know the texts and servers that do not


def said(body: dict[str, Any], line: str) -> Any:
    """``knows`` has half of the posts by heart, and the canary; the others have none. ``other`` refuses one post."""
    model, asked = body["model"], body["messages"][-1]["content"]
    if canary.WORD in asked:
        return line if model == "knows" else "unknown"
    given = re.split(r"</?post-[0-9a-f]+>", asked)[1].strip()
    number = next(n for n in range(POSTS) if text(n).startswith(given))
    if model == "other" and number == 0:
        return {"refusal": "No."}
    if model == "knows" and number % 4 < 2:
        return text(number)[len(given) :].strip()
    return prose(f"{model} goes on with {number}")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Params, ChatServer]]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with ChatServer(lambda body, n: said(body, line)) as server:
        models = {name: chat_model(server.base_url) | {"model": name} for name in MODELS}
        params = run_params(tmp_path, models)
        params = params.model_copy(update={"probe": params.probe.model_copy(update={"models": list(MODELS)})})
        line = about.canary(params)
        write_params(tmp_path, params)
        write_table(Scenarios, scenarios(), places.SCENARIOS.path())
        yield params, server


def test_who_memorised_posts_is_found_and_who_did_not_is_not(project: tuple[Params, ChatServer]) -> None:
    _, server = project
    assert "75" in valact("cost", "probe").output
    assert not server.bodies
    said = valact("probe").output
    assert len(server.bodies) == 3 * (POSTS + 1)
    rows = {row["model"]: row for row in read_table(places.PROBED.schema, places.PROBED.path()).to_dicts()}
    knows, fresh, other = (rows[name] for name in MODELS)
    assert knows["holm_p"] < 0.01
    assert knows["low"] > 0.2
    assert knows["beyond_low"] > 0.2
    assert knows["verbatim"] == POSTS / 2
    assert knows["verbatim_chance"] < 1
    for row in (fresh, other):
        assert row["low"] < 0 < row["high"]
        assert row["p"] > 0.05
        assert row["verbatim"] == 0
    assert [row["knows_canary"] for row in (knows, fresh, other)] == [True, False, False]
    assert (other["asked"], other["compared"]) == (POSTS, POSTS - 1)
    assert "knows: its continuations are nearer" in said
    assert "fresh: its continuations are no nearer" in said

    # Nobody is asked twice, and the same answers give the same tables.
    before = places.PROBED.path().read_bytes()
    valact("probe")
    assert len(server.bodies) == 3 * (POSTS + 1)
    assert places.PROBED.path().read_bytes() == before


def test_a_plain_run_neither_asks_nor_pays_for_it(project: tuple[Params, ChatServer]) -> None:
    assert "probe" not in recipe.STEPS
    assert "probe" in recipe.VALACT.beside
    assert "probe" not in valact("cost").output


def test_before_there_are_texts_the_quotas_say_how_many(
    project: tuple[Params, ChatServer], tmp_path: Path
) -> None:
    params, server = project
    places.SCENARIOS.path().unlink()
    raw = params.model_dump(mode="json")
    raw["quota"]["per_category"] = 7
    raw["translate"] = {"languages": {"zh": "Chinese"}, "model": "knows", "back": "fresh", "max_repairs": 2}
    write_params(tmp_path, settings.parse(raw, where="test"))
    said = valact("cost", "probe", "translate").output
    for row in (r"probe +knows +0 +8 +8 ", r"translate +knows +0 +8 +21 ", r"translate +fresh +0 +7 +7 "):
        assert re.search(row, said), said
    assert server.bodies == []


def test_without_a_model_it_says_what_to_name(project: tuple[Params, ChatServer], tmp_path: Path) -> None:
    params, _ = project
    write_params(
        tmp_path, params.model_copy(update={"probe": params.probe.model_copy(update={"models": []})})
    )
    assert "probe.models" in valact("probe", fails=True).output
    assert "no model to ask" in valact("cost", "probe", fails=True).output
    assert "those that do: judge, generate" in valact("cost", "prob", fails=True).output


# Texts among their paraphrases


def prompt_logprobs(words: str, logprob: float) -> list[Any]:
    """As vLLM gives them, of a chat template around the words; the first token of a prompt has none."""
    pieces = re.findall(r"\s*\S{1,4}", words)
    tokens = [("<user>", -30.0), *((piece, logprob) for piece in pieces), ("</user>", -30.0)]
    return [
        None,
        *({str(n): {"logprob": p, "rank": 1, "decoded_token": t}} for n, (t, p) in enumerate(tokens)),
    ]


def weighing(body: dict[str, Any]) -> Any:
    """The paraphraser numbers its versions. To ``open`` half of the texts are likelier than any version, to ``blind`` a
    text and its versions are alike, drawn by what they say."""
    asked = body["messages"][-1]["content"]
    if body["model"] == "paraphraser":
        post = re.split(r"</?post-[0-9a-f]+>", asked)[1].strip()
        return {
            "text": json.dumps(
                {f"version_{n}": f"[{n}] " + post.replace(" ", " so ", 3) for n in range(1, 5)}
            )
        }
    drawn = random.Random(f"{body['model']}: {asked}").gauss(-3, 0.2)
    mine = next((n for n in range(POSTS) if text(n) == asked), None)
    knows = body["model"] == "open" and mine is not None and mine % 4 < 2
    whole = completion(body, {"text": "x"})
    whole["choices"][0]["finish_reason"] = "length"
    if body["model"] != "silent":
        whole["prompt_logprobs"] = prompt_logprobs(asked, -0.5 if knows else drawn)
    return json.dumps(whole).encode()


@pytest.fixture
def weighed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Params, ChatServer]]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "k")

    def answer(body: dict[str, Any], n: int) -> Any:
        plain = body["messages"][0]["role"] == "user" and body["max_tokens"] == 1
        return weighing(body) if plain or body["model"] == "paraphraser" else said(body, "unknown")

    with ChatServer(answer) as server:
        asked = {"max_tokens": 1, "parameters": {"extra_body": {"prompt_logprobs": 0}}}
        models = {
            name: chat_model(server.base_url)
            | {"model": name}
            | (asked if name in ("open", "blind", "silent") else {})
            for name in ("fresh", "paraphraser", "open", "blind", "silent")
        }
        params = run_params(tmp_path, models)
        probe = {"models": ["fresh"], "likelihoods": ["open", "blind"], "paraphraser": "paraphraser"}
        params = params.model_copy(update={"probe": params.probe.model_copy(update=probe)})
        write_params(tmp_path, params)
        write_table(Scenarios, scenarios(), places.SCENARIOS.path())
        yield params, server


def test_texts_that_a_model_knows_are_likelier_than_their_paraphrases(
    weighed: tuple[Params, ChatServer],
) -> None:
    _, server = weighed
    told = valact("cost", "probe").output
    for name, calls in (("paraphraser", POSTS), ("open", 5 * POSTS), ("blind", 5 * POSTS)):
        assert re.search(rf"probe +{name} +0 +{calls} +{calls} ", told), told
    said = valact("probe").output
    assert len(server.bodies) == POSTS + 1 + POSTS + 2 * 5 * POSTS
    sent = next(body for body in server.bodies if body["model"] == "open")
    assert (sent["prompt_logprobs"], len(sent["messages"])) == (0, 1)
    found = {row["model"]: row for row in read_table(places.RANKED.schema, places.RANKED.path()).to_dicts()}
    knows, blind = found["open"], found["blind"]
    assert knows["compared"] == blind["compared"] == POSTS
    assert knows["holm_p"] < 0.05 < blind["holm_p"]
    assert knows["low"] > 0.5
    assert blind["low"] < 0.5 < blind["high"]
    assert knows["first"] >= POSTS / 2
    assert knows["first_chance"] == pytest.approx(POSTS / 5)
    assert knows["beyond"] == pytest.approx(-blind["beyond"])
    rows = read_table(places.LIKELIHOODS.schema, places.LIKELIHOODS.path())
    # Those of the template, -30 each, are in no mean.
    one = rows.filter(model="open").sort("scenario_id").row(0, named=True)
    assert (one["logprob"], one["paraphrases"], one["above"]) == (pytest.approx(-0.5), 4, 1.0)
    assert rows["logprob"].min() > -5
    assert "Texts among their paraphrases" in said
    # Recorded answers say the same again.
    before = len(server.bodies), places.RANKED.path().read_bytes()
    valact("probe")
    assert (len(server.bodies), places.RANKED.path().read_bytes()) == before


def test_a_paraphrase_about_which_nothing_came_back_is_left_out(
    weighed: tuple[Params, ChatServer],
) -> None:
    _, server = weighed

    def some_fail(body: dict[str, Any], n: int) -> Any:
        fails = body["model"] == "open" and body["messages"][0]["content"].startswith("[2]")
        return (400, {"message": "the server is ill"}) if fails else answers(body, n)

    answers, server.script = server.script, some_fail
    valact("probe")
    rows = read_table(places.LIKELIHOODS.schema, places.LIKELIHOODS.path())
    assert {model: set(rows.filter(model=model)["paraphrases"]) for model in ("open", "blind")} == {
        "open": {3},
        "blind": {4},
    }
    assert rows["above"].null_count() == 0


def test_who_cannot_tell_log_probabilities_is_named(
    weighed: tuple[Params, ChatServer], tmp_path: Path
) -> None:
    params, server = weighed
    for name, why in (("fresh", "models.fresh does not give"), ("silent", "its answer has none")):
        probe = params.probe.model_copy(update={"likelihoods": [name], "scenarios": 2})
        write_params(tmp_path, params.model_copy(update={"probe": probe}))
        said = valact("probe", fails=True).output
        assert why in said
        assert "vLLM" in said
        assert bool(server.bodies) == (name == "silent")
    with pytest.raises(ValueError, match="paraphraser is needed"):
        Probe(likelihoods=["open"])


def test_a_place_among_paraphrases_is_as_likely_as_another_where_nothing_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ranks, "DRAWS", 499)
    rng, found, texts = np.random.default_rng(5), 0, np.full(40, 4)
    for number in range(200):
        found += rank_p(rng.integers(0, 5, 40) / 4, texts, number) <= 0.05
    assert 3 <= found <= 17
    knows = rng.random(40) < 0.5
    assert rank_p(np.where(knows, 1.0, rng.integers(0, 5, 40) / 4), texts, 1) < 0.01


# The canary of a release


def test_a_canary_is_of_the_name_and_no_other() -> None:
    one = canary.canary("ValAct-15k", "valact/valact-15k")
    assert one == canary.canary("ValAct-15k", "valact/valact-15k")
    assert one != canary.canary("ValAct-15k (built-in sample)", "valact/valact-15k")
    assert one.startswith(canary.head("ValAct-15k"))
