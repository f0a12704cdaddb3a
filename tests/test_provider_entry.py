"""A provider is one entry in one file: whoever adds the file has added the provider."""

import sys

import pytest
import yaml
from services.chat import ChatServer
from services.folder import valact
from services.project import copy_project
from services.runs import ask, run_params

from pipeline import params as settings
from pipeline.core.errors import ParamsError
from pipeline.engine import Engine, providers
from pipeline.engine.providers import PROVIDERS
from pipeline.release import wording

ACME = '''
"""ACME's models, which speak chat completions."""

from pipeline.engine.wire.chat import COMMON_PARAMETERS, ChatDialect
from pipeline.engine.wire.entry import ProviderEntry
from pipeline.engine.wire.http import connector

ENDINGS = {"fin": "whole"}

ENTRY = ProviderEntry(
    says="ACME, of Fairfield",
    variable="ACME",
    base_url="http://127.0.0.1:9/v1",
    connect=connector(ChatDialect(endings=ENDINGS)),
    listing=lambda endpoint, seconds: {"anvil-1": "2031-01-01"},
    endings=ENDINGS,
    parameters={**COMMON_PARAMETERS, "weight": int},
)
'''
MODEL = {"provider": "acme", "model": "anvil-1"}


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """The provider, added by a file and by nothing else."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "acme.py").write_text(ACME)
    monkeypatch.setattr(providers, "__path__", [*providers.__path__, str(folder)])
    monkeypatch.setenv("ACME_API_KEY", "k-acme")
    yield
    sys.modules.pop("pipeline.engine.providers.acme", None)
    vars(providers).pop("acme", None)


def test_an_unknown_provider_is_an_error_when_params_are_read(tmp_path):
    with pytest.raises(ParamsError) as caught:
        run_params(tmp_path, {"m": MODEL})
    assert "models.m.provider: 'acme' is not allowed: there is no provider of that name" in str(caught.value)
    for name in ("openai", "dashscope", "replay"):
        assert name in str(caught.value)


@pytest.mark.parametrize("name", ["", ".", "../openai", "openai.py", "__init__"])
def test_no_other_file_is_taken_for_a_provider(tmp_path, name):
    with pytest.raises(ParamsError, match="there is no provider"):
        run_params(tmp_path, {"m": {"provider": name, "model": "x"}})


@pytest.mark.usefixtures("acme")
def test_its_requests_are_asked_by_its_own_rules(tmp_path, monkeypatch):
    def script(body, n):
        return (
            {"text": "whole", "finish_reason": "fin"} if not n else {"text": "half", "finish_reason": "stop"}
        )

    with ChatServer(script) as server:
        monkeypatch.setenv("ACME_BASE_URL", server.base_url)
        params = run_params(tmp_path, {"m": MODEL | {"parameters": {"weight": 7}}}, concurrency=1)
        with Engine(params, "judge") as engine:
            one, two = ask(engine, "one"), ask(engine, "two")
            answers = engine.answer([one]) | engine.answer([two])
        assert server.headers[0]["Authorization"] == "Bearer k-acme"
        assert server.bodies[0]["weight"] == 7
    assert one.provider == "acme"
    assert answers[one.key].status == "ok"
    assert answers[two.key].status == "invalid"
    assert "'stop'" in answers[two.key].error


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"parameters": {"weight": "heavy"}}, "weight: 'heavy' is not allowed"),
        (
            {"parameters": {"height": 1}},
            "no parameter 'height' here; known are extra_body, frequency_penalty",
        ),
        ({"parameters": {"extra_body": {"stream": True}}}, "extra_body: stream cannot be set"),
        ({"batch_above": 5}, "batch_above needs a provider with batches: anthropic"),
    ],
)
def test_an_engine_holds_params_to_what_it_can(tmp_path, changes, said):
    params = run_params(tmp_path, {"m": MODEL | changes})
    with pytest.raises(ParamsError, match=said):
        Engine(params, "judge")


@pytest.mark.usefixtures("acme")
def test_doctor_cost_and_card_know_it(tmp_path, monkeypatch):
    project = copy_project(tmp_path / "project")
    monkeypatch.chdir(project)
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "no-token"))
    raw = yaml.safe_load((project / "params.yaml").read_text())
    raw["models"]["sample-judge-1"] = MODEL
    (project / "params.yaml").write_text(yaml.safe_dump(raw))

    told = valact("doctor", "--online").output
    assert "accepts the key and lists anvil-1" in told
    assert "anvil-1 is shut down on 2031-01-01" in told
    assert "To this comes what sample-judge-1 costs: the price is not known" in valact("cost").output
    raw["scrape"] = {"source": "archive", "archive": {"paths": ["x"]}}
    raw["release"]["text"] = "withhold"
    params = settings.parse(raw, where="test")
    assert wording.served_by("sample-judge-1", params) == "anvil-1 (ACME, of Fairfield)"


@pytest.mark.parametrize("name", PROVIDERS.names())
def test_every_provider_says_what_it_is(name):
    entry = PROVIDERS.entry(name)
    assert entry.says
    if entry.connect is None:
        return
    assert entry.variable == entry.variable.upper()
    assert entry.base_url is None or entry.base_url.startswith("https://")
    assert entry.listing is not None
    assert "whole" in entry.endings.values()
    assert "cut" in entry.endings.values()
    assert {"temperature", "max_tokens"} <= set(entry.parameters)
    assert entry.documentation
