"""The model registry: what is known of the models, and a warning in time before one goes."""

import datetime as dt

import pytest
import yaml
from services.chat import ChatServer
from services.runs import ask, chat_model, run_params

from pipeline.core.errors import InputError
from pipeline.engine import Engine, registry
from pipeline.engine.providers import PROVIDERS
from pipeline.engine.registry import is_shut_down, known, warning
from pipeline.params.models import Model

GPT_4O = ("openai", "gpt-4o-2024-08-06")
LAST = dt.date(2027, 1, 14)


@pytest.mark.parametrize(
    ("days_before", "said"),
    [(91, None), (90, "in 90 days"), (1, "in 1 day"), (0, "shut gpt-4o"), (-500, "shut gpt-4o")],
)
def test_the_warning_comes_ninety_days_before_the_shutdown_and_stays(days_before, said):
    text = warning(*GPT_4O, LAST - dt.timedelta(days=days_before))
    if said is None:
        assert text is None
    else:
        assert said in text
        assert "2027-01-14" in text
        assert "gpt-6-luna" in text


def test_a_model_is_gone_from_its_last_day_on():
    assert not is_shut_down(*GPT_4O, LAST - dt.timedelta(days=1))
    assert is_shut_down(*GPT_4O, LAST)
    assert not is_shut_down("openai", "nobody-knows", LAST)


@pytest.mark.parametrize(
    ("model", "day"),
    [
        ("gpt-4o-2024-08-06", "2027-01-14"),
        ("gpt-4o-2024-11-20", "2027-01-14"),
        ("claude-sonnet-4-20250514", "2026-06-15"),
        ("grok-4-0709", "2026-05-15"),
        ("gemini-2.5-pro", "2026-12-01"),
        ("deepseek-chat", "2026-07-24"),
    ],
)
def test_known_shutdowns(model, day):
    assert known("openai", model).shutdown.isoformat() == day


def test_a_vendor_that_answers_with_another_model_is_pointed_out():
    assert "gemini-3.8-flash instead of an error" in warning(
        "openai", "gemini-2.5-pro", dt.date(2026, 11, 21)
    )


def test_the_papers_models_are_there_but_for_the_one_without_an_id():
    assert sum(entry.paper for entry in registry.models()) == 9


@pytest.mark.parametrize("entry", registry.models(), ids=lambda entry: entry.model)
def test_every_entry_is_sourced_and_whole(entry):
    assert entry.source.startswith("https://")
    assert entry.successor is None or entry.shutdown is not None
    assert entry.snapshot is None or all(known(name, entry.snapshot) for name in entry.providers)
    assert set(entry.providers) <= set(PROVIDERS.names())


@pytest.mark.parametrize("profile", ["paper", "replication"])
def test_until_when_training_data_go_is_dated_or_was_looked_for(profile, root):
    """Of every model that answers, and profiles say no other day than the registry."""
    raw = yaml.safe_load((root / f"profiles/{profile}.yaml").read_text(encoding="utf-8"))
    asked = {one["model"] for one in raw["respondents"].values() if one["kind"] == "model"}
    facts = {
        settings["model"]: known(settings["provider"], settings["model"])
        for name, settings in raw["models"].items()
        if name in asked
    }
    assert [name for name, found in facts.items() if found is None or not found.trained_source] == []
    dated = {name: found.trained_until.isoformat() for name, found in facts.items() if found.trained_until}
    stated = raw["analysis"]["contamination"]["cutoffs"]
    assert {name: one["date"] for name, one in stated.items()} == dated
    assert all("not found" in found.trained_source for found in facts.values() if not found.trained_until)


def test_a_model_that_is_listed_twice_is_refused(tmp_path):
    file = tmp_path / "models.yaml"
    entry = {"model": "m", "providers": ["openai"], "vendor": "V", "source": "https://x"}
    file.write_text(yaml.safe_dump({"version": "1", "models": [entry, entry]}))
    with pytest.raises(InputError, match="m is listed twice"):
        registry._by_model(file)


def test_a_run_warns_when_it_asks_such_a_model_and_only_then(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with ChatServer() as server:
        old = chat_model(server.base_url) | {"model": "grok-4-0709"}
        params = run_params(tmp_path, {"m": old, "other": chat_model(server.base_url)})
        with Engine(params, "judge") as engine:
            engine.answer([ask(engine, "one"), ask(engine, "two"), ask(engine, "one", model="other")])
        assert capsys.readouterr().err.count("models.m: xAI shut grok-4-0709 down on 2026-05-15") == 1
        with Engine(params, "judge") as engine:
            engine.answer([ask(engine, "one"), ask(engine, "two")])
        assert "xAI" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("provider", "model", "parameters", "said"),
    [
        ("openai", "gpt-4o-2024-08-06", {}, False),
        ("openai", "nobody-knows", {}, False),
        ("openai", "nobody-knows", {"reasoning_effort": "low"}, True),
        ("gemini", "gemini-2.5-pro", {}, True),
        ("gemini", "gemini-2.5-pro", {"thinking": {"thinkingBudget": 0}}, False),
        ("xai", "grok-4.3", {"reasoning_effort": "none"}, False),
        ("zhipu", "glm-4.5", {}, True),
        ("zhipu", "glm-4.5", {"thinking": {"type": "disabled"}}, False),
        ("anthropic", "claude-sonnet-4-6", {}, False),
        ("anthropic", "claude-sonnet-4-6", {"thinking": {"type": "enabled", "budget_tokens": 1024}}, True),
        ("dashscope", "qwen2.5-72b-instruct", {"enable_thinking": True}, True),
    ],
)
def test_whether_a_model_thinks_is_known_or_told(provider, model, parameters, said):
    assert registry.thinks(Model(provider=provider, model=model, parameters=parameters)) is said
