"""Actions whose words give the value away: which go back, what the generator is told, and which text stays."""

from __future__ import annotations

import json

import polars as pl
import pytest
from services.sample_run import built
from services.scripted import ScriptedEngine
from services.values import SLUGS, TEN
from test_actions import OTHER, WRITER, params, scenario, scenarios  # noqa: F401

from pipeline import params as settings
from pipeline.engine import Engine
from pipeline.engine.response import Reply
from pipeline.generate.fill import generate
from pipeline.generate.give_away import REASON
from pipeline.generate.step import follow_ups
from pipeline.params.build import Rewording
from pipeline.statistics.text_only import guess

# Of each value and writer a sentence for any scenario; only those for tradition share a word of their own.
PLAIN = {
    WRITER: "Settle the flat's rent the {}th way, with the owner at number {}.",
    OTHER: "Tell the owner of flat {1} about rent plan {0} and wait.",
}
NUMBERS = {value: place for place, value in enumerate(SLUGS, start=11)}
TOLD = "Keep to the ancestral custom about rent when you meet the owner of flat {}, by {}."
ANEW = "Ask old neighbours how rent was once agreed for flat {}, says {}, and do that."


def texts(subject, writer):
    number = int(subject[1:], 16)
    found = {value: PLAIN[writer].format(NUMBERS[value], number * 7 + NUMBERS[value]) for value in SLUGS}
    return found | {"tradition": TOLD.format(number, writer)}


def written(params, anew, share=0.05, count=8):  # noqa: F811
    """``anew`` gives the second wording of an action for tradition by subject and writer."""

    def reply(request):
        wanted = json.loads(request.schema.body)["properties"]
        said = texts(request.subject, request.name)
        if len(request.messages) > 2:
            said["tradition"] = anew(request.subject, request.name)
        return Reply(text=json.dumps({value: said[value] for value in wanted}), finish_reason="stop")

    checks = params.generate.checks.model_copy(update={"max_similarity": 1.0, "own_words": 0})
    rules = params.generate.model_copy(
        update={"rewording": Rewording(share=share), "checks": checks, "max_repairs": 1}
    )
    with Engine(params, stage="generate") as engine:
        scripted = ScriptedEngine(engine, reply)
        table = scenarios(*[scenario(number) for number in range(1, count + 1)])
        return generate(scripted, table, rules, TEN, count), scripted.asked


def test_the_most_telling_go_back_with_their_words_and_the_new_text_stays(params):  # noqa: F811
    found, asked = written(params, lambda subject, who: ANEW.format(int(subject[1:], 16), who))
    again = [request for request in asked if len(request.messages) > 2]
    assert found.reworded.sent_back == len(again) == 8, "a twentieth of 160"
    for request in again:
        said = request.messages[-1].content
        assert "tradition: its words (" in said
        assert "ancestral" in said
        assert TOLD.format(int(request.subject[1:], 16), request.name) in said
        assert list(json.loads(request.schema.body)["properties"]) == ["tradition"]
    new = found.actions.filter(pl.col("text").str.contains("old neighbours"))
    assert new.height == found.reworded.replaced == 8
    assert new["attempt"].to_list() == [2] * 8
    assert found.ledger.filter(reason=REASON).select("value", "final").unique().rows() == [
        ("tradition", False)
    ]
    assert found.reworded.after <= found.reworded.before


def test_an_old_text_stays_where_the_new_one_tells_as_much_or_fails_a_check(params):  # noqa: F811
    def anew(subject, who):
        number = int(subject[1:], 16)
        return TOLD.format(number, who) if number % 2 else "Keep."

    found, _ = written(params, anew)
    assert found.reworded.replaced == 0
    assert found.reworded.sent_back == 8
    assert found.actions.filter(value="tradition")["text"].str.contains("ancestral custom").all()
    assert found.ledger.filter(reason="words_in_range").height
    assert found.count() == (8, 0, 0), "nothing is lost by it"


def test_by_default_nothing_goes_back(params):  # noqa: F811
    found, asked = written(params, None, share=Rewording().share)
    assert found.reworded is None
    assert len(asked) == 16


def test_the_cost_plans_for_it(params):  # noqa: F811
    def planned(share):
        rules = params.generate.model_copy(update={"rewording": Rewording(share=share)})
        return follow_ups(params.model_copy(update={"generate": rules}), "")[0]

    none, some = planned(0.0), planned(0.05)
    assert some.likely - none.likely == pytest.approx(1 - 0.95**10)
    assert some.most == none.most + 1


def test_what_words_alone_tell_falls_on_the_sample(root):
    """As docs/design.md says: 24 of 30 have other words, and .448 became .407."""
    folder = built() / "data/generate"
    actions = pl.read_parquet(folder / "actions.parquet")
    sent_back = pl.read_parquet(folder / "ledger.parquet").filter(reason=REASON)
    drafts = pl.read_parquet(folder / "drafts.parquet")
    keys = ["scenario_id", "generator", "value", "attempt"]
    before = actions.join(
        sent_back.select(keys).join(drafts.select(*keys, old="text"), on=keys),
        on=keys[:3],
        how="left",
        suffix="_before",
    ).with_columns(old=pl.col("old").fill_null(pl.col("text")))
    seed = settings.load(root / "params.yaml").seed
    shares = {
        name: guess(before[name], before["value"], before["scenario_id"], seed).right_of_all.mean()
        for name in ("old", "text")
    }
    assert (sent_back.height, before.filter(pl.col("old") != pl.col("text")).height) == (30, 24)
    assert shares == {"old": pytest.approx(0.448, abs=5e-4), "text": pytest.approx(0.407, abs=5e-4)}
