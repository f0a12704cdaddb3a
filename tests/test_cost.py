"""`valact cost` counts what a run would ask, and `valact spend` what the runs did: to the call and to the cent."""

import datetime as dt
import json
import sys
from decimal import Decimal
from types import SimpleNamespace

import polars as pl
import pytest
import yaml
from services.chat import ChatServer, completion
from services.folder import valact, write_params
from services.models import reply
from services.project import ROOT
from services.runs import ask, chat_model, run_params

from pipeline.cost.estimate import _thinking, estimate
from pipeline.cost.imagined import CANDIDATES_A_SCENARIO
from pipeline.cost.planner import _characters
from pipeline.engine import Engine
from pipeline.engine.prices import price_of
from pipeline.generate.fill import generate
from pipeline.generate.step import REPAIRS
from pipeline.judge.hearing import hold
from pipeline.judge.panel import hold_vote, verdicts
from pipeline.judge.step import TIES
from pipeline.params.models import OwnPrice
from pipeline.tables import Candidates, Scenarios, write_table
from pipeline.tables.flags import FLAGS

sys.path.insert(0, str(ROOT))
from benchmarks import costs

NAMES = ("first", "second", "third")
GPT_4O, MINI, UNKNOWN = "gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18", "nobody-knows"


def post(number):
    text = f"Number {number}: should I take the other job, or stay where I am and wait? " * 3
    return {
        "post_id": f"p{number}",
        "category": "Work",
        "rank": number + 1,
        "subreddit": "jobs",
        "created_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
        "text": text,
        "words": 60,
        "source_sha256": "0" * 64,
    }


def scenario(number):
    row = post(number)
    del row["words"]
    return row | {
        "scenario_id": f"s{number:010x}",
        "role": "chosen",
        "masked": 0,
        "text_sha256": "0" * 64,
        **dict.fromkeys(FLAGS),
    }


class Project:
    """Three judges and two generators at a loopback server, over as many posts and scenarios as asked for."""

    def __init__(self, folder, server, posts=30, scenarios=8):
        self.folder, self.server = folder, server
        self.candidates = pl.DataFrame([post(number) for number in range(posts)])
        write_table(Candidates, self.candidates, folder / "data/filter/candidates.parquet")
        self.scenarios = pl.DataFrame([scenario(number) for number in range(scenarios)])
        write_table(Scenarios, self.scenarios, folder / "data/judge/scenarios.parquet")
        self.set()

    def set(self, models=(GPT_4O, MINI, UNKNOWN), **changes):
        named = {
            name: chat_model(self.server.base_url) | {"model": model}
            for name, model in zip(NAMES, models, strict=True)
        }
        params = run_params(self.folder, named)
        self.params = params.model_copy(
            update={
                "judge": params.judge.model_copy(update={"panel": list(NAMES[:2]), "tie_breaker": "third"}),
                "generate": params.generate.model_copy(
                    update={"generators": list(NAMES[:2]), "max_repairs": 2, "last_resort": False}
                ),
                # As many as there are candidates: all of them are asked about.
                "quota": params.quota.model_copy(update={"per_category": len(self.candidates)}),
                **changes,
            }
        )
        write_params(self.folder, self.params)

    def judge(self):
        with Engine(self.params, "judge") as engine:
            return hold_vote(engine, self.candidates, self.params.judge)

    def generate(self, *names):
        rules = self.params.generate.model_copy(update={"generators": list(names)})
        with Engine(self.params, "generate") as engine:
            return generate(engine, self.scenarios, rules, self.params.values, self.scenarios.height)

    def lines(self):
        return {(line.stage, line.name): line for line in estimate(self.params).lines}


def billed(body, n):
    """The answer of a stand-in model, with tokens that are a function of the request."""
    whole = completion(body, reply(body["messages"], body["model"]))
    prompt = sum(len(message["content"]) for message in body["messages"]) // 4
    whole["usage"] = {
        "prompt_tokens": prompt,
        "completion_tokens": len(whole["choices"][0]["message"]["content"]) // 4,
        "prompt_tokens_details": {"cached_tokens": prompt // 10},
    }
    return json.dumps(whole).encode()


@pytest.fixture
def server():
    with ChatServer(billed) as server:
        yield server


@pytest.fixture
def project(tmp_path, monkeypatch, server):
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, server)


@pytest.fixture
def keyed(project, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    return project


def test_before_a_run_every_call_is_ahead(project):
    lines = project.lines()
    assert (lines["judge", "first"].calls, lines["judge", "second"].calls) == (30, 30)
    # Nobody knows which votes will differ: at most all do, and a share is expected.
    assert lines["judge", "third"].most == 30
    assert lines["judge", "third"].calls == 8 == -(-30 * TIES // 1)
    assert lines["generate", "first"].most == 8 * 3
    assert lines["generate", "first"].calls == 8 + 8 * REPAIRS
    assert all(line.recorded == 0 for line in lines.values())
    assert project.server.bodies == []


def test_the_estimate_needs_no_key_and_asks_nobody(project):
    output = valact("cost").output
    assert "30 candidates in data/filter/candidates.parquet" in output
    assert project.server.bodies == []


def test_recorded_answers_cost_nothing(keyed):
    keyed.judge()
    asked = len(keyed.server.bodies)
    lines = keyed.lines()
    judges = [lines["judge", name] for name in NAMES]
    assert sum(line.recorded for line in judges) == asked
    assert all(line.calls == line.most == 0 for line in judges)
    assert judges[0].cost == judges[0].most_cost == 0
    assert len(keyed.server.bodies) == asked


def test_one_changed_post_is_one_call_a_judge(keyed):
    keyed.judge()
    keyed.candidates = pl.concat([keyed.candidates.head(29), pl.DataFrame([post(99)])])
    write_table(Candidates, keyed.candidates, "data/filter/candidates.parquet")
    lines = keyed.lines()
    assert [lines["judge", name].calls for name in NAMES[:2]] == [1, 1]
    before = len(keyed.server.bodies)
    keyed.judge()
    assert len(keyed.server.bodies) - before in (2, 3)


def test_rounds_are_estimated_from_the_acceptance_seen_so_far(tmp_path, monkeypatch, server):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    project = Project(tmp_path, server, posts=300)
    project.set(quota=project.params.quota.model_copy(update={"per_category": 80}))
    before = estimate(project.params)
    assert "in 2 more rounds, if 50% are accepted, which is an assumption" in before.basis[0]
    judges = {line.name: line for line in before.lines if line.stage == "judge"}
    assert (judges["first"].calls, judges["first"].most) == (173, 300)
    # The first round is asked, and the tie-breaker about it; then the run is killed.
    with Engine(project.params, "judge") as engine:
        votes = hold_vote(engine, project.candidates.head(80), project.params.judge)
    share = (verdicts(votes)["verdict"] == "yes").sum() / 80
    after = estimate(project.params)
    assert f"as the recorded votes have it: accepted are Work {share:.0%}" in after.basis[0]
    judges = {line.name: line for line in after.lines if line.stage == "judge"}
    assert judges["first"].recorded == 80
    asked = len(server.bodies)
    with Engine(project.params, "judge") as engine:
        hold(project.candidates, engine, project.params)
    came = sum(body["model"] == GPT_4O for body in server.bodies[asked:])
    assert abs(judges["first"].calls - came) < 15
    assert "all rounds are recorded" in estimate(project.params).basis[0]


def test_known_ties_and_repairs_are_counted_for_certain(keyed):
    """A run that stopped after the panel: which posts need the tie-breaker is in the records."""
    votes = keyed.judge()
    ties = votes.filter(pl.col("role") == "tie_breaker").height
    assert 0 < ties < 30
    keyed.set(models=(GPT_4O, MINI, "another-tie-breaker"))
    line = keyed.lines()["judge", "third"]
    assert line.calls == line.most == ties


def test_the_estimate_comes_near_the_bill(keyed):
    keyed.set(models=(GPT_4O, MINI, GPT_4O))
    expected = sum(line.cost for line in keyed.lines().values())
    keyed.judge()
    keyed.generate(*NAMES[:2])
    total = sum(price_of("openai", body["model"]).cost(*usage(body)) for body in keyed.server.bodies)
    assert total / 2 < expected < 2 * total


def usage(body):
    return tuple(
        json.loads(billed(body, 0))["usage"][field] if field else 0
        for field in ("prompt_tokens", None, "completion_tokens")
    )


def test_a_batch_is_estimated_at_its_price(project):
    whole = project.lines()["judge", "first"].cost
    models = dict(project.params.models)
    models["first"] = models["first"].model_copy(update={"batch_above": 10})
    project.params = project.params.model_copy(update={"models": models})
    assert project.lines()["judge", "first"].cost == whole / 2


def test_thinking_is_planned_for(project):
    plain = project.lines()["judge", "first"]
    thinking = project.params.models["first"].model_copy(update={"parameters": {"reasoning_effort": "high"}})
    project.params = project.params.model_copy(
        update={"models": {**project.params.models, "first": thinking}}
    )
    line = project.lines()["judge", "first"]
    assert line.output_tokens == plain.output_tokens + 1000 * line.calls
    assert line.cost > plain.cost


def test_a_budget_of_thinking_is_planned_for_whole(project):
    for parameters, tokens in (
        ({"thinking": {"type": "enabled", "budget_tokens": 128}}, 128),
        ({"thinking": {"thinkingBudget": 256}}, 256),
        ({"thinking": {"thinkingBudget": -1}}, 1000),
        ({"enable_thinking": True, "thinking_budget": 512}, 512),
        ({"thinking": {"thinkingBudget": 10**6}}, project.params.models["first"].max_tokens),
    ):
        model = project.params.models["first"].model_copy(update={"parameters": parameters})
        assert _thinking(model) == tokens


def test_characters_of_chinese_count_as_tokens():
    def characters(text):
        return _characters(SimpleNamespace(schema=None, messages=[SimpleNamespace(content=text)]))

    assert characters("what to do?") == 11
    assert characters("该怎么办？ what") == 5 * 4 + 5
    assert characters("déjà vu") == 7


def test_costs_at_the_papers_size_are_those_of_the_docs(root):
    """Computed anew from the paper's params, and some of them by hand."""
    found = costs.rows()
    assert costs.table(found) in (root / "docs/questions.md").read_text(encoding="utf-8")
    calls = {name: row.calls for name, row in found.items()}
    # Questions in five wordings; two models, five turns and 1,000 questions; ten values in fifty administrations.
    assert calls["arm"] == 15_000 * 5
    assert calls["together"] == 2 * 5 * 1000
    assert calls["gpt-4o"] == calls["chinese"] == 3 * 75_000 + 50
    assert (calls["track"], calls["probe"], calls["author"]) == (100, 201, 100)
    # There and back with a repair in ten, and four batches of actions read twice by two.
    assert calls["translate"] == 3000 * (2 + 4 * 2 * 2) + 300
    assert found["budget-8192"].output_tokens - found["budget-128"].output_tokens == 75_050 * (8192 - 128)


def test_a_price_of_params_is_counted_with(project):
    own = project.params.models["third"].model_copy(update={"price": OwnPrice(input=1, output=2)})
    project.params = project.params.model_copy(update={"models": {**project.params.models, "third": own}})
    line = project.lines()["judge", "third"]
    assert line.cost == (line.input_tokens * Decimal(1) + line.output_tokens * 2) / 1_000_000


def test_an_unknown_price_is_said_and_is_not_zero(project):
    output = valact("cost").output
    assert "unknown" in next(
        line for line in output.splitlines() if line.startswith("judge") and "third" in line
    )
    assert "To this comes what third costs: the price is not known" in output


def test_shut_down_models_are_pointed_out(project):
    project.set(models=("grok-4-0709", MINI, UNKNOWN))
    assert "xAI shut grok-4-0709 down" in valact("cost").output


def test_without_tables_the_quotas_say_how_many(project):
    for table in ("filter/candidates.parquet", "judge/scenarios.parquet"):
        (project.folder / "data" / table).unlink()
    project.set(quota=project.params.quota.model_copy(update={"per_category": 40, "reserve": 10}))
    found = estimate(project.params)
    lines = {(line.stage, line.name): line for line in found.lines}
    # 50 of 110 at an acceptance of a half with a margin of one deviation, and at most as many as are imagined.
    assert (lines["judge", "first"].calls, lines["judge", "first"].most) == (110, 50 * CANDIDATES_A_SCENARIO)
    assert "if 50% are accepted, which is an assumption" in found.basis[0]
    assert lines["generate", "first"].calls == 40 + 40 * REPAIRS, "reserves stand by and are not asked about"
    assert "does not exist yet" in found.basis[0]
    assert "an assumption" in found.basis[0]


def test_tables_of_other_params_are_not_counted(project):
    raw = yaml.safe_load((project.folder / "params.yaml").read_text())
    used = {"filter": raw["filter"], "dates": raw["dates"], "judge.temperature": 0.0}
    (project.folder / "dvc.lock").write_text(
        yaml.safe_dump({"stages": {"filter": {"params": {"params.yaml": used}}}})
    )
    assert "30 candidates in" in estimate(project.params).basis[0]
    project.set(judge=project.params.judge.model_copy(update={"temperature": 0.5}))
    assert "was made with other params" in estimate(project.params).basis[0]


def test_models_that_only_records_answer_are_never_estimated_in_money(project):
    project.params = project.params.model_copy(
        update={"responses": project.params.responses.model_copy(update={"mode": "replay"})}
    )
    write_params(project.folder, project.params)
    output = valact("cost").output
    assert "Expected: 0.00 USD" in output
    assert "answers are missing that only records can give" in output


def test_nothing_spent_is_said(project):
    assert "Nothing was asked yet" in valact("spend").output
    assert not (project.folder / "store.sqlite").exists()


def test_spend_is_exact(keyed):
    keyed.judge()
    keyed.generate("first")
    priced = [body for body in keyed.server.bodies if body["model"] in (GPT_4O, MINI)]
    total = Decimal(0)
    for body in priced:
        used = json.loads(billed(body, 0))["usage"]
        cached = used["prompt_tokens_details"]["cached_tokens"]
        total += price_of("openai", body["model"]).cost(
            used["prompt_tokens"], cached, used["completion_tokens"]
        )
    output = valact("spend").output
    assert f"Total: {total:,.6f} USD" in output
    assert f"To this comes what {UNKNOWN} cost" in output
    rows = {
        tuple(line.split()[:2]): line.split()
        for line in output.splitlines()
        if line.startswith(("judge", "gen"))
    }
    today = dt.datetime.now(dt.UTC).date().isoformat()
    assert rows["judge", GPT_4O][2:4] == [today, "30"]
    assert rows["judge", UNKNOWN][-1] == "unknown"


def test_refused_and_failed_calls_are_spent_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "k")

    def script(body, n):
        return {"q0": {"refusal": "no"}, "q1": b"no JSON", "q2": "fine"}[body["messages"][-1]["content"]]

    with ChatServer(script) as server:
        params = run_params(tmp_path, {"m": chat_model(server.base_url) | {"model": GPT_4O}})
        write_params(tmp_path, params)
        with Engine(params, "judge") as engine:
            answers = engine.answer([ask(engine, f"q{number}") for number in range(3)])
    assert sorted(answer.status for answer in answers.values()) == ["failed", "ok", "refused"]
    output = valact("spend").output
    line = next(line.split() for line in output.splitlines() if line.startswith("judge"))
    assert line[3:8] == ["3", "1", "22", "6", "14"]
    assert "1 calls ended without anybody saying what they used" in output
