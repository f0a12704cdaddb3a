"""The OpenAI route: statuses, the SDK's retries against scripted faults, and errors that end a run."""

import asyncio

import openai
import pytest
from services.chat import ChatServer
from services.runs import VERDICT, ask, chat_model, example_request, run_params

from pipeline.core.errors import CredentialsError, ProviderError
from pipeline.engine import Engine
from pipeline.engine.providers.openai import URL, token_limit
from pipeline.engine.schema import schema_of
from pipeline.engine.wire.chat import request_body


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")


BROKEN_BODIES = [
    b"",
    b"not json",
    b"\xff",
    b'{"choices": []}',
    b'{"choices": [{"message": 1}]}',
    b'{"choices": [{"message": {"content": "\\ud83d"}}]}',
]


def answer(tmp_path, base_url, *, text="Vote, in JSON.", schema=None, model=None, **responses):
    params = run_params(tmp_path, {"m": chat_model(base_url, **(model or {}))}, **responses)
    with Engine(params, "judge") as engine:
        request = ask(engine, text, schema=schema, temperature=0.25)
        return engine.answer([request])[request.key]


def scripted(tmp_path, *answers, **options):
    """The response to one request when the server gives these answers in turn, and what it was sent."""
    with ChatServer(lambda body, n: answers[min(n, len(answers) - 1)]) as server:
        return answer(tmp_path, server.base_url, **options), server


class TestWhatIsSent:
    def test_a_strict_schema(self, tmp_path):
        response, server = scripted(tmp_path, '{"vote": "yes"}', schema=VERDICT, model={"max_tokens": 99})
        assert server.bodies == [
            {
                "model": "gpt-test",
                "messages": [{"role": "user", "content": "Vote, in JSON."}],
                "temperature": 0.25,
                "max_tokens": 99,
                "response_format": {"type": "json_schema", "json_schema": {"strict": True, **VERDICT}},
            }
        ]
        assert server.headers[0]["Authorization"] == "Bearer sk-test"
        assert response.json() == {"vote": "yes"}

    def test_json_mode_where_the_server_has_no_strict_schema(self, tmp_path):
        fenced = '```json\n{"vote": "no"}\n```'
        response, server = scripted(tmp_path, fenced, schema=VERDICT, model={"strict_schema": False})
        assert server.bodies[0]["response_format"] == {"type": "json_object"}
        assert (response.json(), response.text) == ({"vote": "no"}, fenced)

    def test_no_format_without_a_schema(self, tmp_path):
        _, server = scripted(tmp_path, "hello")
        assert "response_format" not in server.bodies[0]

    def test_openai_itself_gets_the_token_limit_by_its_new_name(self):
        body = request_body(example_request(schema=schema_of(VERDICT)), limit=token_limit(URL))
        assert body["max_completion_tokens"] == 2048
        assert "max_tokens" not in body

    def test_the_headers_are_those_of_the_sdk(self, tmp_path, monkeypatch):
        monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
        monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
        _, server = scripted(tmp_path, (500, {"message": "oops"}), "hello", retries=1)

        async def ask_by_sdk():
            async with openai.AsyncOpenAI(base_url=theirs.base_url, timeout=120, max_retries=1) as client:
                await client.chat.completions.create(model="gpt-test", messages=[])

        with ChatServer(lambda body, n: "hello" if n else (500, {"message": "oops"})) as theirs:
            asyncio.run(ask_by_sdk())
        # Of the connection, not of the API.
        apart = {"host", "content-length", "accept-encoding", "connection"}
        apart.add("x-stainless-read-timeout")  # the engine's clock, and not the SDK's
        for number in range(2):
            ours, sdk = (
                {name.lower(): value for name, value in headers[number].items() if name.lower() not in apart}
                for headers in (server.headers, theirs.headers)
            )
            assert ours == sdk

    def test_a_login_of_netrc_is_left_alone(self, tmp_path, monkeypatch):
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password mine")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        response, server = scripted(tmp_path, "hello")
        assert response.status == "ok"
        assert server.headers[0]["Authorization"] == "Bearer sk-test"

    def test_a_proxy_of_the_environment_is_used(self, tmp_path, monkeypatch):
        with ChatServer() as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            response = answer(tmp_path, "http://api.example.invalid/v1")
            assert response.status == "ok"
            assert proxy.headers[0]["Host"] == "api.example.invalid"
            monkeypatch.setenv("no_proxy", "127.0.0.1")
            with ChatServer() as direct:
                assert answer(tmp_path / "other", direct.base_url).status == "ok"
            assert len(proxy.bodies) == 1

    def test_a_named_endpoint_uses_its_own_key(self, tmp_path, monkeypatch):
        monkeypatch.setenv("LOCAL_API_KEY", "local-key")
        _, server = scripted(tmp_path, "hello", model={"endpoint": "local"})
        assert server.headers[0]["Authorization"] == "Bearer local-key"


class TestStatuses:
    def test_ok_with_what_it_cost(self, tmp_path):
        response, _ = scripted(tmp_path, "hello")
        assert (response.status, response.text, response.finish_reason) == ("ok", "hello", "stop")
        assert (response.input_tokens, response.cached_tokens, response.output_tokens) == (11, 3, 7)
        assert (response.served_model, response.attempts) == ("gpt-test-2024-08-06", 1)

    @pytest.mark.parametrize(
        ("said", "status", "error"),
        [
            ({"refusal": "I'm sorry, I can't."}, "refused", "I'm sorry"),
            ({"text": '{"vo', "finish_reason": "length"}, "truncated", "cut at"),
            ({"text": None, "finish_reason": "content_filter"}, "blocked_by_provider", "content filter"),
            ({"text": '{"vote": 1}'}, "invalid", "vote"),
            (
                (400, {"code": "content_filter", "message": "Azure says no"}),
                "blocked_by_provider",
                "Azure says no",
            ),
            (
                (400, {"code": "data_inspection_failed", "message": "Qwen says no"}),
                "blocked_by_provider",
                "Qwen",
            ),
            ((400, {"code": "context_length_exceeded", "message": "too long"}), "failed", "HTTP 400: "),
            ((422, {"message": "what?"}), "failed", "HTTP 422: "),
        ],
    )
    def test_status(self, tmp_path, said, status, error):
        response, server = scripted(tmp_path, said, schema=VERDICT, retries=3)
        assert response.status == status
        assert error in response.error
        assert len(server.bodies) == 1

    @pytest.mark.parametrize("body", BROKEN_BODIES)
    def test_an_answer_that_is_no_completion(self, tmp_path, body):
        response, _ = scripted(tmp_path, body)
        assert response.status == "failed"
        assert "no chat completion" in response.error

    def test_a_server_that_says_no_more_than_it_must(self, tmp_path):
        response, _ = scripted(tmp_path, b'{"choices": [{"message": {"content": "hi"}}]}')
        assert (response.status, response.text, response.input_tokens) == ("ok", "hi", None)


class TestTheEndOfTheRun:
    @pytest.mark.parametrize(
        ("status", "code", "kind", "said"),
        [
            (401, "invalid_api_key", CredentialsError, "refused the key in OPENAI_API_KEY"),
            (429, "insufficient_quota", ProviderError, "no credit left"),
            (402, "insufficient_balance", ProviderError, "no credit left"),
            (404, "model_not_found", ProviderError, "does not serve 'gpt-test'"),
            (403, "unsupported_country", ProviderError, "denies access"),
        ],
    )
    def test_it_is_named_at_once_and_with_a_remedy(self, tmp_path, status, code, kind, said):
        error = {"code": code, "type": code, "message": "Incorrect: sk-test"}
        with ChatServer(lambda body, n: (status, error)) as server:
            with pytest.raises(kind, match=said) as caught:
                answer(tmp_path, server.base_url, retries=3)
            assert len(server.bodies) == 1
        assert caught.value.where == "models.m"
        assert caught.value.remedy
        assert "sk-test" not in str(caught.value)

    def test_a_wrong_address(self, tmp_path):
        with ChatServer() as server, pytest.raises(ProviderError, match="does not serve"):
            answer(tmp_path, server.url + "/wrong")


class TestFaults:
    """What the SDK does about a bad day, judged by llmock where it can play the day."""

    def test_a_rate_limit_is_waited_out(self, tmp_path, llmock):
        llmock.rate_limit(times=1, retry_after=0.3)
        response = answer(tmp_path, llmock.base_url(), retries=3)
        assert (response.status, response.attempts) == ("ok", 2)
        llmock.assert_resilient(strict=True)

    @pytest.mark.parametrize("status", [500, 502, 503])
    def test_server_errors_are_retried(self, tmp_path, llmock, status):
        llmock.fail(status, times=1)
        response = answer(tmp_path, llmock.base_url(), retries=3)
        assert (response.status, response.attempts) == ("ok", 2)
        llmock.assert_resilient(strict=True)

    def test_a_prompt_that_is_too_long_is_not_retried(self, tmp_path, llmock):
        llmock.context_overflow()
        response = answer(tmp_path, llmock.base_url(), retries=3)
        assert (response.status, response.attempts) == ("failed", 1)
        llmock.assert_resilient()

    def test_structured_output(self, tmp_path, llmock):
        response = answer(tmp_path, llmock.base_url(), schema=VERDICT)
        assert response.status == "ok"
        assert response.json()["vote"] in ("yes", "no")

    def test_a_broken_connection_is_retried(self, tmp_path):
        response, server = scripted(tmp_path, None, "hello", retries=2)
        assert (response.status, response.attempts, len(server.bodies)) == ("ok", 2, 2)

    def test_retries_end(self, tmp_path):
        response, server = scripted(tmp_path, (500, {"message": "oops"}), retries=1)
        assert (response.status, response.attempts, len(server.bodies)) == ("failed", 2, 2)
        assert "HTTP 500" in response.error

    def test_nobody_there(self, tmp_path):
        response = answer(tmp_path, "http://127.0.0.1:9/v1")
        assert response.status == "failed"
        assert "Cannot connect to host 127.0.0.1:9" in response.error

    def test_a_server_that_is_too_slow(self, tmp_path):
        with ChatServer(latency=5) as server:
            response = answer(tmp_path, server.base_url, model={"timeout": 0.2})
        assert response.status == "failed"
        assert "no whole answer within" in response.error
