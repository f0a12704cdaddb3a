"""Batches of providers beside OpenAI: the same promises, on stand-ins built from their documentation."""

import time
from contextlib import suppress

import pytest
from services.batches import BatchServer
from services.runs import ask, run_params
from services.vendor_batches import AnthropicBatches, GeminiBatches, XaiBatches

from pipeline.core.errors import PendingError, ProviderError
from pipeline.engine import Engine
from pipeline.engine.batches import Batches, Collected
from pipeline.engine.store import Store

REFUSED = {
    "anthropic": {"type": "invalid_request_error", "message": "line is odd"},
    "gemini": {"code": 3, "status": "INVALID_ARGUMENT", "message": "line is odd"},
}
SERVERS = {
    "anthropic": (AnthropicBatches, "ANTHROPIC", "/v1"),
    "gemini": (GeminiBatches, "GOOGLE", "/v1beta"),
    "xai": (XaiBatches, "XAI", "/v1"),
}


@pytest.fixture(params=SERVERS)
def provider(request, monkeypatch):
    _, variable, _ = SERVERS[request.param]
    monkeypatch.setenv(f"{variable}_API_KEY", "secret")
    return request.param


@pytest.fixture
def server(provider):
    kind, _, _ = SERVERS[provider]
    with kind() as server:
        yield server


def engine(tmp_path, provider, server, **responses):
    url = server.url + SERVERS[provider][2]
    model = {"provider": provider, "model": "m-1", "base_url": url, "batch_above": 5}
    responses = {"batch_poll": 0.01, "batch_wait": True, **responses}
    return Engine(run_params(tmp_path, {"m": model}, **responses), "judge")


def questions(it, count):
    return [ask(it, f"q{n}") for n in range(count)]


def test_all_are_answered_and_counted_at_the_batch_price(provider, server, tmp_path):
    with engine(tmp_path, provider, server) as it:
        asked = questions(it, 20)
        answers = it.answer(asked)
        assert [answers[request.key].text for request in asked] == [f"answer to q{n}" for n in range(20)]
        assert {answer.origin for answer in answers.values()} == {"batch"}
        assert {answer.usage.output_tokens for answer in answers.values()} == {3}
    assert sorted(server.asked) == sorted(f"q{n}" for n in range(20))
    store = Store(tmp_path / "store.sqlite")
    assert [(row.batch, row.calls, row.input_tokens) for row in store.spend()] == [(True, 20, 220)]
    store.close()


def test_a_start_whose_answer_was_lost_is_found_and_not_paid_for_again(provider, server, tmp_path):
    server.loses = 1
    with engine(tmp_path, provider, server, batch_wait=False) as it, pytest.raises(PendingError):
        it.answer(questions(it, 12))
    until = time.monotonic() + 5
    while time.monotonic() < until:
        # Anthropic's tells only when it has ended whose it is.
        with (
            engine(tmp_path, provider, server, batch_wait=False) as it,
            suppress(PendingError, ProviderError),
        ):
            assert len(it.answer(questions(it, 12))) == 12
            break
    assert sorted(server.asked) == sorted(f"q{n}" for n in range(12))


def test_what_was_not_answered_is_asked_again(provider, server, tmp_path):
    server.answered = 10
    with engine(tmp_path, provider, server) as it:
        asked = questions(it, 18)
        assert len(it.answer(asked)) == 18
    assert sorted(server.asked) == sorted(f"q{n}" for n in range(18))


def test_a_request_that_is_refused_fails_alone(provider, server, tmp_path):
    if provider == "xai":
        pytest.skip("its documentation does not say which errors are final")
    server.errors = {"q3": REFUSED[provider]}
    with engine(tmp_path, provider, server) as it:
        asked = questions(it, 10)
        answers = it.answer(asked)
    statuses = [answers[request.key].status for request in asked]
    assert statuses == ["ok", "ok", "ok", "failed", *["ok"] * 6]
    assert "line is odd" in answers[asked[3].key].error


def test_a_batch_can_be_ended_and_looked_at_by_another_process(provider, server, tmp_path):
    server.looks = 10**6
    with engine(tmp_path, provider, server, batch_wait=False) as it, pytest.raises(PendingError):
        it.answer(questions(it, 8))
    store = Store(tmp_path / "store.sqlite")
    found = Batches(store, run_params(tmp_path, {}).responses)
    (batch,) = found.ledger.open()
    assert batch.provider == provider
    found.cancel(batch)
    brought = Collected()
    found.collect(batch, brought)
    assert (brought.answered, brought.returned.total(), found.ledger.open()) == (0, 8, [])
    found.close()
    store.close()


@pytest.mark.parametrize(
    ("provider", "variable", "path", "limit", "endpoint"),
    [
        ("moonshot", "MOONSHOT", "/v1", "max_completion_tokens", "/v1/chat/completions"),
        ("zhipu", "ZAI", "/v1", "max_tokens", "/v4/chat/completions"),
        ("dashscope", "DASHSCOPE", "/api/v1", "max_tokens", "/v1/chat/completions"),
    ],
)
def test_files_of_others_carry_their_words(provider, variable, path, limit, endpoint, tmp_path, monkeypatch):
    monkeypatch.setenv(f"{variable}_API_KEY", "secret")
    with Compatible() as server:
        model = {"provider": provider, "model": "m-1", "base_url": server.url + path, "batch_above": 5}
        params = run_params(tmp_path, {"m": model}, batch_poll=0.01, batch_wait=True)
        with Engine(params, "judge") as it:
            assert len(it.answer(questions(it, 8))) == 8
        (batch,) = server.batches.values()
    assert batch["endpoint"] == endpoint
    assert all(limit in body for body in server.answered)
    assert list(batch["metadata"]) == ["ds_name" if provider == "dashscope" else "valact"]


class Compatible(BatchServer):
    """OpenAI's batches at DashScope's address too."""

    @property
    def prefix(self):
        return "/compatible-mode/v1/" if self.paths[-1].startswith("/compatible") else "/v1/"
