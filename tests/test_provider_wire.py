"""What all providers share: parameters, token counts of any kind, endings, redirects, answers that are none."""

import gzip
import json
from contextlib import closing
from decimal import Decimal

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from services.chat import ChatServer, completion
from services.loopback import Loopback
from services.runs import VERDICT, ask, chat_model, run_params

from pipeline.core.errors import BudgetError, CredentialsError, ParamsError, ProviderError
from pipeline.engine import Engine
from pipeline.engine.prices import Book
from pipeline.engine.providers.openai import ENDINGS
from pipeline.engine.response import ending_of
from pipeline.engine.store import Store
from pipeline.engine.wire import http
from pipeline.engine.wire.chat import read_reply
from pipeline.engine.wire.errors import error_said
from pipeline.engine.wire.outcomes import ParameterRefused
from pipeline.engine.wire.usage import MOST, chat_counts, chat_counts_in


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")


def answer(tmp_path, base_url, *, requests=1, schema=None, model=None, **responses):
    """The response to the last of some requests."""
    params = run_params(tmp_path, {"m": chat_model(base_url, **(model or {}))}, **responses)
    with Engine(params, "judge") as engine:
        asked = [ask(engine, f"Vote {n}, in JSON.", schema=schema, temperature=0.25) for n in range(requests)]
        return engine.answer(asked)[asked[-1].key]


def scripted(tmp_path, said, **options):
    with ChatServer(lambda body, n: said) as server:
        return answer(tmp_path, server.base_url, **options), server


class TestParameters:
    def test_a_model_that_takes_only_its_default_temperature_can_be_asked(self, tmp_path):
        """As o-series and GPT-5 models answer to a temperature, by OpenAI's guide on reasoning models."""
        refused = {
            "message": "Unsupported value: 'temperature' does not support 0.25 with this model.",
            "type": "invalid_request_error",
            "param": "temperature",
            "code": "unsupported_value",
        }
        with ChatServer(lambda body, n: (400, refused) if "temperature" in body else "hello") as server:
            with pytest.raises(ParameterRefused, match="does not take the parameter 'temperature'") as caught:
                answer(tmp_path, server.base_url, requests=20, concurrency=1)
            assert len(server.bodies) == 1
            assert "models.m.parameters.temperature: null" in caught.value.remedy
            model = {"parameters": {"temperature": None, "reasoning_effort": "low", "seed": 7}}
            assert answer(tmp_path, server.base_url, model=model).status == "ok"
            sent = server.bodies[-1]
        assert "temperature" not in sent
        assert (sent["reasoning_effort"], sent["seed"], sent["max_tokens"]) == ("low", 7, 2048)

    @pytest.mark.parametrize(
        ("error", "parameter"),
        [
            (
                {"message": "Unsupported parameter: 'max_tokens' is not supported", "param": "max_tokens"},
                "max_tokens",
            ),
            ({"message": "response_format.type json_schema is not available"}, "response_format"),
            ({"message": "Extra inputs: `seed`"}, "seed"),
            ({"message": "bad", "param": "extra.deep"}, "extra.deep"),
        ],
    )
    def test_the_parameter_that_was_refused_is_named_after_the_first_call(self, tmp_path, error, parameter):
        model = {"parameters": {"seed": 7, "extra_body": {"extra": {"deep": 1}}}}
        with ChatServer(lambda body, n: (400, error)) as server:
            with pytest.raises(ParameterRefused) as caught:
                answer(tmp_path, server.base_url, requests=20, concurrency=1, schema=VERDICT, model=model)
            assert len(server.bodies) == 1
        assert f"'{parameter}'" in caught.value.message
        assert "models.m." in caught.value.remedy

    @pytest.mark.parametrize(
        "error",
        [
            {
                "message": "maximum context length is 8192, reduce the length or max_tokens",
                "param": "messages",
            },
            {"message": "'max_tokens' is too large: the context window is 8192 tokens"},
            {"message": "the text has a seed in it and should stop"},
        ],
    )
    def test_an_error_about_one_prompt_stops_no_other(self, tmp_path, error):
        """vLLM names max_tokens where a prompt leaves it no room: another prompt may."""
        model = {"parameters": {"seed": 7, "stop": ["x"]}}
        with ChatServer(lambda body, n: "fine" if n else (400, error)) as server:
            response = answer(tmp_path, server.base_url, requests=2, concurrency=1, model=model)
            assert len(server.bodies) == 2
        assert response.status == "ok"

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b'{"detail": "no such adapter"}', "no such adapter"),
            (b'{"error": {"message": null, "why": "the moon"}}', "the moon"),
            (b"plain words", "plain words"),
            (b'{"error": "one sentence"}', "one sentence"),
            (b'[{"error": {"message": "in a list"}}]', "in a list"),
            (b'"a string"', "a string"),
        ],
    )
    def test_an_error_of_any_shape_is_shown(self, body, words):
        assert words in error_said(body).message

    def test_a_key_that_is_refused_with_400_is_told_as_such(self, tmp_path):
        error = {"message": "API key not valid. Please pass a valid API key.", "status": "INVALID_ARGUMENT"}
        with pytest.raises(CredentialsError, match="refused the key in OPENAI_API_KEY"):
            scripted(tmp_path, (400, error), requests=3, concurrency=1)

    def test_parameters_make_another_request(self, tmp_path):
        models = {
            "plain": chat_model("http://h/v1"),
            "warm": chat_model("http://h/v1", parameters={"temperature": 1}),
            "bare": chat_model("http://h/v1", parameters={"temperature": None}),
            "seeded": chat_model("http://h/v1", parameters={"seed": 1, "top_p": None}),
            "free": chat_model("http://h/v1", parameters={"extra_body": {"seed": 1}}),
            # Says nothing, and so is the first one.
            "same": chat_model(
                "http://h/v1", parameters={"top_p": None}, timeout=5, price={"input": 1, "output": 2}
            ),
        }
        with Engine(run_params(tmp_path, models), "judge") as engine:
            keys = {name: ask(engine, "q", model=name, temperature=0.5).key for name in models}
        assert keys.pop("same") == keys["plain"]
        assert len(set(keys.values())) == 5

    @pytest.mark.parametrize(
        ("parameters", "said"),
        [
            ({"reasoning_effort": "much"}, "reasoning_effort: 'much' is not allowed"),
            ({"resoning_effort": "low"}, "no parameter 'resoning_effort' here; known are extra_body"),
            ({"max_tokens": 5}, "max_tokens: 5 is not allowed"),
            ({"seed": "one"}, "seed: 'one' is not allowed"),
            ({"extra_body": {"n": 2}}, "extra_body: n cannot be set"),
        ],
    )
    def test_what_is_no_parameter_is_told_before_anything_is_asked(self, tmp_path, parameters, said):
        params = run_params(tmp_path, {"m": chat_model("http://h/v1", parameters=parameters)})
        with pytest.raises(ParamsError, match=said) as caught:
            Engine(params, "judge")
        assert caught.value.where == "models.m.parameters"


def usage(**counts):
    """As it is read with care; the fast way has to say the same."""
    said = {"prompt_tokens": 11, "completion_tokens": 10, **counts}
    found = chat_counts(said)
    if not any(value == float("inf") for value in counts.values()):
        assert chat_counts_in(json.dumps(said).encode()) == found
    return found


class TestUsage:
    @pytest.mark.parametrize(
        "more",
        [
            {"completion_tokens_details": {"reasoning_tokens": 1000}},  # beside the answer, xAI
            {"total_tokens": 1021},  # in the total alone, Gemini's compatible address
            {
                "completion_tokens": 1010,
                "completion_tokens_details": {"reasoning_tokens": 1000},
            },  # inside, OpenAI
        ],
    )
    def test_thinking_is_counted_wherever_it_stands(self, more):
        assert usage(**more).output == 1010

    @pytest.mark.parametrize(
        "more",
        [
            {"prompt_tokens_details": {"cached_tokens": 3}},
            {"cached_tokens": 3},  # Moonshot
            {"prompt_cache_hit_tokens": 3, "prompt_cache_miss_tokens": 8},  # DeepSeek
        ],
    )
    def test_cached_tokens_are_found_wherever_they_stand(self, more):
        assert usage(**more).cached == 3

    @pytest.mark.parametrize("odd", ["12", "many", -1, 2**63, 1.5, True, [], {}, float("inf"), MOST + 1])
    def test_what_is_no_count_is_left_out_and_said(self, odd):
        counts = usage(completion_tokens=odd)
        assert (counts.input, counts.output) == (11, None)
        assert "usage.completion_tokens is" in counts.notes[0]

    @pytest.mark.parametrize("number", ["1e400", "9" * 400, "-0"])
    def test_a_number_that_no_machine_holds_discards_no_answer(self, number):
        said = '{"choices": [{"message": {"content": "paid for"}}], "usage": {"prompt_tokens": %s}}'
        reply = read_reply((said % number).encode())
        assert reply.text == "paid for"
        assert reply.output_tokens is None

    def test_a_whole_number_as_a_float_is_a_count(self):
        assert usage(completion_tokens=12.0).output == 12

    @pytest.mark.parametrize("odd", ["a lot", 5, [1], [], False])
    def test_usage_of_another_kind_is_said(self, odd):
        counts = chat_counts(odd)
        assert (counts.input, counts.output) == (None, None)
        assert counts.notes

    def test_no_usage_is_nothing_to_say(self):
        assert chat_counts(None).notes == []

    def test_more_cached_tokens_than_tokens_are_no_rebate(self):
        counts = usage(cached_tokens=50)
        assert (counts.cached, counts.notes) == (11, ["50 cached tokens of 11"])

    @settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(),
            st.lists,
            max_leaves=4,
        )
    )
    def test_no_usage_whatever_discards_an_answer(self, odd):
        body = completion({"model": "m"}, {"text": "paid for"})
        for place in ("usage", "prompt_tokens", "completion_tokens", "prompt_tokens_details"):
            broken = {**body, "usage": odd if place == "usage" else {**body["usage"], place: odd}}
            reply = read_reply(json.dumps(broken).encode())
            assert reply.text == "paid for"
            for count in (reply.input_tokens, reply.cached_tokens, reply.output_tokens):
                assert count is None or 0 <= count <= 2 * MOST

    def test_it_is_recorded_once_and_marked(self, tmp_path):
        said = completion({"model": "gpt-test"}, {"text": "hello"}) | {"usage": {"prompt_tokens": "11"}}
        with ChatServer(lambda body, n: json.dumps(said).encode()) as server:
            first = answer(tmp_path, server.base_url)
            assert (first.status, first.usage.known) == ("ok", False)
            assert first.extra.notes == ["usage.prompt_tokens is '11'"]
            assert answer(tmp_path, server.base_url).text == "hello"
            assert len(server.bodies) == 1
        with closing(Store(tmp_path / "store.sqlite")) as store:
            _, kept = store.show(first.key)
        assert kept.extra == first.extra
        assert json.loads(kept.extra.raw) == said


class TestContent:
    @pytest.mark.parametrize(
        ("message", "text", "thinking"),
        [
            ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, "ab", None),
            ({"content": ["a", "b"]}, "ab", None),
            (
                {"content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "a"}]},
                "a",
                "Hm.",
            ),
            ({"content": "a", "reasoning_content": "Hm."}, "a", "Hm."),
            ({"content": "a", "reasoning": "Hm."}, "a", "Hm."),
            ({"content": 5}, "", None),
            ({}, "", None),
        ],
    )
    def test_content_in_parts_is_one_text(self, message, text, thinking):
        reply = read_reply(json.dumps({"choices": [{"message": message}]}).encode())
        assert (reply.text, reply.extra.reasoning) == (text, thinking)

    def test_the_servers_words_in_an_error_that_says_200_are_shown(self, tmp_path):
        response, _ = scripted(tmp_path, b'{"error": {"code": 502, "message": "upstream fell over"}}')
        assert response.status == "failed"
        assert "upstream fell over" in response.error


class TestEndings:
    @pytest.mark.parametrize(
        ("word", "ending"),
        [
            ("stop", "whole"),
            (None, "whole"),
            ("length", "cut"),
            ("max_tokens", "cut"),
            ("MAX_TOKENS", "cut"),
            ("content_filter", "blocked"),
            ("sensitive", "blocked"),
            ("SAFETY", "blocked"),
            ("network_error", "broken"),
            ("tool_calls", "unusable"),
            ("whatever comes next", "unusable"),
        ],
    )
    def test_what_compatible_servers_say(self, word, ending):
        assert ending_of(word, ENDINGS) == ending

    @pytest.mark.parametrize(
        ("word", "status"),
        [("sensitive", "blocked_by_provider"), ("max_tokens", "truncated"), ("SAFETY", "blocked_by_provider"),
         ("from_next_year", "invalid")],
    )  # fmt: skip
    def test_no_strange_end_is_ok(self, tmp_path, word, status):
        response, _ = scripted(tmp_path, {"text": "so far", "finish_reason": word})
        assert (response.status, response.text, response.finish_reason) == (status, "so far", word)

    def test_another_model_than_the_one_asked_for_is_told_once(self, tmp_path, capsys):
        body = completion({"model": "x"}, {"text": "hello"}) | {"model": "cheaper-model"}
        scripted(tmp_path, json.dumps(body).encode(), requests=3)
        assert capsys.readouterr().err.count("gpt-test was asked, but") == 1

    def test_a_dated_version_of_the_model_is_the_model(self, tmp_path, capsys):
        scripted(tmp_path, "hello")
        assert "was asked, but" not in capsys.readouterr().err


class Elsewhere(Loopback):
    """Answers everything with one answer, made by ``respond``."""

    def __init__(self, respond):
        super().__init__()
        self.respond = respond

    async def handle(self, request, body):
        answer = self.respond(request)
        return await answer if hasattr(answer, "__await__") else answer


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(tmp_path, status):
    with ChatServer() as other:
        place = f"{other.url}/v1/chat/completions"

        def respond(request):
            return web.Response(status=status, headers={"Location": place})

        with Elsewhere(respond) as server, pytest.raises(ProviderError, match="redirect") as caught:
            answer(tmp_path, f"{server.url}/v1", requests=5, concurrency=1)
        assert (len(server.bodies), other.bodies) == (1, [])
    assert other.url in caught.value.message


class TestBounds:
    @pytest.fixture(autouse=True)
    def _small(self, monkeypatch):
        monkeypatch.setattr(http, "BYTES", 100_000)

    def test_a_body_that_never_ends_is_no_answer(self, tmp_path):
        sent = []

        async def forever(request):
            response = web.StreamResponse()
            await response.prepare(request)
            while len(sent) < 100_000:
                await response.write(b" " * 10_000)
                sent.append(1)
            return response

        with Elsewhere(forever) as server:
            response = answer(tmp_path, f"{server.url}/v1", model={"max_tokens": 10})
        assert response.status == "invalid"
        assert "more than 102,560 bytes came" in response.error
        # What was on its way in buffers aside, nothing more was taken.
        assert len(sent) * 10_000 < 50_000_000

    def test_a_gzip_bomb_is_not_unpacked(self, tmp_path):
        bomb = gzip.compress(b" " * 50_000_000)
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        with Elsewhere(lambda request: web.Response(body=bomb, headers=headers)) as server:
            response = answer(tmp_path, f"{server.url}/v1", model={"max_tokens": 10})
            again = answer(tmp_path, f"{server.url}/v1", model={"max_tokens": 10})
            assert len(server.bodies) == 1
        assert (response.status, again.status) == ("invalid", "invalid")

    def test_an_honest_answer_fits(self, tmp_path):
        text = "字" * 2048 * 20
        response, _ = scripted(tmp_path, text)
        assert (response.status, response.text) == ("ok", text)


class TestPrices:
    def test_a_price_of_params_makes_a_budget_possible(self, tmp_path):
        model = {"model": "nobody-knows", "max_tokens": 100}
        with ChatServer() as server:
            with pytest.raises(BudgetError, match="the price of nobody-knows is not known") as caught:
                answer(tmp_path, server.base_url, model=model, budget_usd="0.10")
            assert "models.m.price" in caught.value.remedy
            model["price"] = {"input": 1, "output": "2.5"}
            assert answer(tmp_path, server.base_url, model=model, budget_usd="0.10").status == "ok"

    def test_it_comes_before_the_list(self, tmp_path):
        listed = chat_model("http://h/v1") | {"model": "gpt-4o"}
        book = Book(run_params(tmp_path, {"m": listed}).models)
        assert book.of("openai", "gpt-4o").input == Decimal("2.50")
        mine = {"input": 3, "output": 4, "batch": 1, "source": "my contract", "checked": "2026-11-01"}
        price = Book(run_params(tmp_path, {"m": listed | {"price": mine}}).models).of("openai", "gpt-4o")
        assert (price.input, price.cached_input, price.output, price.source) == (3, 3, 4, "my contract")

    def test_two_prices_of_one_model_are_an_error(self, tmp_path):
        models = {
            name: chat_model("http://h/v1", price={"input": n, "output": 1}) for n, name in enumerate("de", 1)
        }
        with pytest.raises(ParamsError, match="gpt-test has two prices"):
            Book(run_params(tmp_path, models).models)
