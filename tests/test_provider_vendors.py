"""The vendors' own wires, each against a stand-in built from the vendor's documentation (``services.vendors``)."""

import pytest
from services.runs import VERDICT, ask, run_params
from services.vendors import KEY, VENDORS

from pipeline.core.errors import CredentialsError, ProviderError
from pipeline.doctor import online
from pipeline.engine import Engine, Message, endpoints
from pipeline.engine.providers import PROVIDERS

VARIABLES = {name: PROVIDERS.entry(name).variable for name in VENDORS}


@pytest.fixture(autouse=True)
def _keys(monkeypatch):
    for variable in VARIABLES.values():
        monkeypatch.setenv(f"{variable}_API_KEY", KEY)


def scripted(tmp_path, vendor, said, *, schema=None, messages=None, temperature=0.25, retries=0, **model):
    """The response to one request when the vendor's server says this, and what it was sent."""
    script = said if callable(said) else lambda body, n: said
    with VENDORS[vendor](script) as server:
        chosen = {"provider": vendor, "model": "served", "base_url": server.base_url, **model}
        with Engine(run_params(tmp_path, {"m": chosen}, retries=retries), "judge") as engine:
            if messages is None:
                request = ask(engine, "Vote, in JSON.", schema=schema, temperature=temperature)
            else:
                request = engine.request(model="m", messages=messages, schema=schema, temperature=temperature)
            return engine.answer([request])[request.key], server


# What each is sent for a question with a schema, at temperature 0.25 and at most 2,048 tokens.
QUESTION = [{"role": "user", "content": "Vote, in JSON."}]
STRICT = {"type": "json_schema", "json_schema": {"strict": True, **VERDICT}}
PARTS = [{"role": "user", "parts": [{"text": "Vote, in JSON."}]}]
CHAT = {"model": "served", "messages": QUESTION, "temperature": 0.25, "response_format": STRICT}
SENT = {
    "anthropic": {
        "model": "served",
        "messages": QUESTION,
        "temperature": 0.25,
        "max_tokens": 2048,
        "output_config": {"format": {"type": "json_schema", "schema": VERDICT["schema"]}},
    },
    "gemini": {
        "contents": PARTS,
        "generationConfig": {
            "temperature": 0.25,
            "maxOutputTokens": 2048,
            "responseMimeType": "application/json",
            "responseJsonSchema": VERDICT["schema"],
        },
    },
    "xai": {**CHAT, "max_completion_tokens": 2048},
    "moonshot": {**CHAT, "max_completion_tokens": 2048},
    "volcengine": {**CHAT, "max_tokens": 2048},
    "zhipu": {**CHAT, "max_tokens": 2048, "response_format": {"type": "json_object"}},
}
# What they are sent where params leave out whatever can be left out.
BARE = {
    "anthropic": {"model": "served", "messages": QUESTION, "max_tokens": 2048},
    "gemini": {"contents": PARTS, "generationConfig": {}},
    **{
        name: {"model": "served", "messages": QUESTION} for name in ("xai", "moonshot", "volcengine", "zhipu")
    },
}


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_is_sent(tmp_path, vendor):
    response, server = scripted(tmp_path, vendor, '{"vote": "yes"}', schema=VERDICT)
    assert server.bodies == [SENT[vendor]]
    assert (response.status, response.json()) == ("ok", {"vote": "yes"})


@pytest.mark.parametrize("vendor", VENDORS)
def test_everything_can_be_left_out(tmp_path, vendor):
    nothing = {"temperature": None, "response_format": None}
    # Anthropic requires a token limit.
    nothing |= {} if vendor == "anthropic" else {"max_tokens": None}
    _, server = scripted(tmp_path, vendor, '{"vote": "yes"}', schema=VERDICT, parameters=nothing)
    assert server.bodies == [BARE[vendor]]


@pytest.mark.parametrize(
    ("vendor", "parameters", "sent"),
    [
        (
            "anthropic",
            {"thinking": {"type": "enabled", "budget_tokens": 1024}, "effort": "low", "stop": ["X"]},
            {
                "thinking": {"type": "enabled", "budget_tokens": 1024},
                "output_config": {"effort": "low"},
                "stop_sequences": ["X"],
            },
        ),
        (
            "gemini",
            {"thinking": {"thinkingBudget": 0}, "seed": 7, "extra_body": {"generationConfig": {"x": 1}}},
            {
                "generationConfig": {
                    "temperature": 0.25,
                    "maxOutputTokens": 2048,
                    "thinkingConfig": {"thinkingBudget": 0},
                    "seed": 7,
                    "x": 1,
                }
            },
        ),
        ("xai", {"reasoning_effort": "none"}, {"reasoning_effort": "none"}),
        ("moonshot", {"thinking": {"type": "disabled"}}, {"thinking": {"type": "disabled"}}),
        ("volcengine", {"thinking": {"type": "disabled"}}, {"thinking": {"type": "disabled"}}),
        ("zhipu", {"thinking": {"type": "disabled"}, "do_sample": False}, {"do_sample": False}),
    ],
)
def test_parameters_of_params_are_sent_in_the_vendors_words(tmp_path, vendor, parameters, sent):
    _, server = scripted(tmp_path, vendor, "hello", parameters=parameters)
    assert {name: server.bodies[0][name] for name in sent} == sent


@pytest.mark.parametrize("vendor", ["anthropic", "gemini"])
def test_system_messages_go_where_the_vendor_has_them(tmp_path, vendor):
    said = [("system", "Judge."), ("user", "One?"), ("assistant", "1"), ("user", "Two?")]
    messages = [Message(role, text) for role, text in said]
    _, server = scripted(tmp_path, vendor, "2", messages=messages)
    if vendor == "anthropic":
        assert server.bodies[0]["system"] == "Judge."
        assert [message["role"] for message in server.bodies[0]["messages"]] == ["user", "assistant", "user"]
    else:
        assert server.bodies[0]["systemInstruction"] == {"parts": [{"text": "Judge."}]}
        assert [content["role"] for content in server.bodies[0]["contents"]] == ["user", "model", "user"]


@pytest.mark.parametrize("vendor", VENDORS)
def test_thinking_is_billed_as_output_wherever_it_stands(tmp_path, vendor):
    response, _ = scripted(tmp_path, vendor, "hello")
    output = 7 if vendor == "anthropic" else 1007  # there it is in output_tokens, and in no other place
    assert (response.input_tokens, response.cached_tokens, response.output_tokens) == (11, 3, output)
    assert response.extra.notes == []
    assert (response.served_model, response.extra.raw[:1]) == ("served", "{")
    assert response.extra.request_id


@pytest.mark.parametrize(
    ("vendor", "said"),
    [
        (
            "anthropic",
            {
                "blocks": [
                    {"type": "thinking", "thinking": "Hm.", "signature": "s"},
                    {"type": "text", "text": "Yes."},
                ]
            },
        ),
        ("gemini", {"parts": [{"text": "Hm.", "thought": True}, {"text": "Yes."}]}),
        *(
            (vendor, {"text": "Yes.", "message": {"reasoning_content": "Hm."}})
            for vendor in ("xai", "moonshot", "volcengine", "zhipu")
        ),
    ],
)
def test_the_text_of_thinking_is_kept_apart(tmp_path, vendor, said):
    response, _ = scripted(tmp_path, vendor, said)
    assert (response.status, response.text, response.extra.reasoning) == ("ok", "Yes.", "Hm.")


CHATS = ("xai", "moonshot", "volcengine", "zhipu")
ENDS = [
    ("anthropic", {"text": "so f", "finish": "max_tokens"}, "truncated"),
    ("anthropic", {"text": "so f", "finish": "model_context_window_exceeded"}, "truncated"),
    ("anthropic", {"text": "I can't.", "finish": "refusal"}, "refused"),
    ("anthropic", {"blocks": [], "finish": "refusal"}, "refused"),
    ("anthropic", {"text": "x", "finish": "pause_turn"}, "invalid"),
    ("gemini", {"text": "so f", "finish": "MAX_TOKENS"}, "truncated"),
    ("gemini", {"text": "so f", "finish": "SAFETY"}, "blocked_by_provider"),
    ("gemini", {"choice": {"content": {}, "finishReason": "PROHIBITED_CONTENT"}}, "blocked_by_provider"),
    ("gemini", {"more": {"candidates": [], "promptFeedback": {"blockReason": "SAFETY"}}}, "blocked_by_provider"),
    ("gemini", {"text": "x", "finish": "OTHER"}, "invalid"),
    ("zhipu", {"text": "so f", "finish": "sensitive"}, "blocked_by_provider"),
    ("zhipu", {"text": "so f", "finish": "model_context_window_exceeded"}, "truncated"),
    ("volcengine", {"text": "so f", "finish": "content_filter"}, "blocked_by_provider"),
    *((vendor, {"text": "so f", "finish": "length"}, "truncated") for vendor in CHATS),
    *((vendor, {"text": "x", "finish": "something new"}, "invalid") for vendor in VENDORS),
]  # fmt: skip


@pytest.mark.parametrize(("vendor", "said", "status"), ENDS)
def test_what_an_ending_means(tmp_path, vendor, said, status):
    response, server = scripted(tmp_path, vendor, said, retries=3)
    assert response.status == status
    assert response.error
    assert len(server.bodies) == 1


def test_an_answer_that_a_breakdown_ended_is_asked_again(tmp_path):
    def script(body, n):
        return "whole" if n else {"text": "half an ans", "finish": "network_error"}

    response, server = scripted(tmp_path, "zhipu", script, retries=1)
    assert (response.status, response.text, len(server.bodies)) == ("ok", "whole", 2)


BLOCKS = [
    ("xai", 403, {"code": "x", "error": "Content violates usage guidelines. SAFETY_CHECK_TYPE_BIO"}),
    ("moonshot", 400, {"error": {"type": "content_filter", "message": "high risk"}}),
    ("volcengine", 400, {"error": {"code": "InputTextSensitiveContentDetected", "message": "no"}}),
    ("zhipu", 400, {"error": {"code": "1301", "message": "unsafe or sensitive content"}}),
    ("anthropic", 400, {"error": {"type": "x", "message": "Output blocked by content filtering policy"}}),
]  # fmt: skip


@pytest.mark.parametrize(("vendor", "status", "error"), BLOCKS)
def test_an_error_that_blocks_a_text_is_an_answer(tmp_path, vendor, status, error):
    response, server = scripted(tmp_path, vendor, (status, error), retries=3)
    assert response.status == "blocked_by_provider"
    assert len(server.bodies) == 1


FATAL = [
    ("anthropic", 401, {"type": "error", "error": {"type": "authentication_error", "message": "x"}}, "refused the key"),
    ("anthropic", 400, {"type": "error", "error": {"type": "billing_error", "message": "low"}}, "no credit"),
    ("anthropic", 404, {"error": {"type": "not_found_error", "message": "model: x"}}, "does not serve"),
    ("gemini", 400, {"error": {"code": 400, "message": "API key not valid. Please pass a valid API key.",
                               "status": "INVALID_ARGUMENT", "details": [{"reason": "API_KEY_INVALID"}]}},
     "refused the key"),
    ("xai", 400, {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: ve***."},
     "refused the key"),
    ("moonshot", 429, {"error": {"type": "exceeded_current_quota_error", "message": "check billing"}}, "no credit"),
    ("moonshot", 401, {"error": {"type": "invalid_authentication_error", "message": "x"}}, "refused the key"),
    ("volcengine", 403, {"error": {"code": "AccountOverdueError", "message": "overdue"}}, "no credit"),
    ("volcengine", 404, {"error": {"code": "InvalidEndpointOrModel.NotFound", "message": "x"}}, "does not serve"),
    ("zhipu", 429, {"error": {"code": "1113", "message": "Insufficient balance"}}, "no credit"),
    ("zhipu", 400, {"error": {"code": "1211", "message": "Unknown Model"}}, "does not serve"),
    ("zhipu", 401, {"error": {"code": "1002", "message": "token invalid"}}, "refused the key"),
]  # fmt: skip


@pytest.mark.parametrize(("vendor", "status", "error", "said"), FATAL)
def test_what_ends_the_work_with_a_model_is_told_after_one_call(tmp_path, vendor, status, error, said):
    calls = []
    kind = CredentialsError if "key" in said else ProviderError

    def script(body, n):
        calls.append(n)
        return status, error

    with pytest.raises(kind, match=said) as caught:
        scripted(tmp_path, vendor, script, retries=3)
    assert calls == [0]
    assert caught.value.where == "models.m"
    assert f"{VARIABLES[vendor]}_API_KEY" in caught.value.remedy or "key" not in said
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("vendor", "status", "error"),
    [
        ("anthropic", 429, {"type": "error", "error": {"type": "rate_limit_error", "message": "x"}}),
        ("anthropic", 529, {"type": "error", "error": {"type": "overloaded_error", "message": "x"}}),
        ("gemini", 429, {"error": {"code": 429, "message": "x", "status": "RESOURCE_EXHAUSTED"}}),
        ("volcengine", 429, {"error": {"code": "ServerOverloaded", "message": "x"}}),
        ("zhipu", 429, {"error": {"code": "1302", "message": "x"}}),
        ("moonshot", 429, {"error": {"type": "engine_overloaded_error", "message": "x"}}),
    ],
)
def test_what_passes_is_asked_again(tmp_path, monkeypatch, vendor, status, error):
    monkeypatch.setattr("pipeline.engine.wire.retry.FIRST_WAIT", 0.01)
    response, server = scripted(
        tmp_path, vendor, lambda body, n: "hello" if n else (status, error), retries=1
    )
    assert (response.status, len(server.bodies)) == ("ok", 2)


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"not json", b"{}", b"[]", b"null", b'{"error": {"message": "we broke"}}'),
        # Brackets without an end, where the answer would stand and where nobody looks.
        *(b"[" * 5_000, b'{"choices": ' + b'{"a":' * 5_000, b'{"other": ' + b'{"a":' * 5_000),
    ],
)
def test_an_answer_that_is_none(tmp_path, vendor, body):
    response, _ = scripted(tmp_path, vendor, body)
    assert response.status == "failed"
    assert "we broke" in response.error or b"broke" not in body


ODD_USAGE = {
    "anthropic": b'{"content": [{"type": "text", "text": "x"}], "usage": {"input_tokens": 1e400}}',
    "gemini": b"""{"candidates": [{"content": {"parts": [{"text": "x"}]}}],
        "usageMetadata": {"promptTokenCount": 1e400}}""",
    **dict.fromkeys(
        CHATS, b'{"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": 1e400}}'
    ),
}


@pytest.mark.parametrize("vendor", VENDORS)
def test_odd_usage_discards_no_answer(tmp_path, vendor):
    response, _ = scripted(tmp_path, vendor, ODD_USAGE[vendor])
    assert (response.status, response.text, response.input_tokens) == ("ok", "x", None)
    assert response.extra.notes


@pytest.mark.parametrize("vendor", VENDORS)
def test_bytes_that_are_no_text_end_no_run(tmp_path, vendor):
    """Beside the answer, in a part kept as it came: where a wire reads only what it needs, the answer stands."""
    response, _ = scripted(tmp_path, vendor, ODD_USAGE[vendor].rstrip()[:-1] + b', "more": "\xff"}')
    assert response.status == ("ok" if vendor in CHATS else "failed")
    if vendor in CHATS:
        assert response.text == "x"
        assert "\ufffd" in response.extra.raw


@pytest.mark.parametrize("vendor", VENDORS)
def test_doctor_asks_for_the_list_of_models(tmp_path, vendor):
    with VENDORS[vendor](lambda body, n: "x") as server:
        params = run_params(
            tmp_path,
            {
                name: {"provider": vendor, "model": name, "base_url": server.base_url}
                for name in ("served", "gone")
            },
        )
        checks = {
            name: next(online.models(name, endpoints.resolve(name, params.models[name]))).state
            for name in ("served", "gone")
        }
    assert checks == {"served": "ok", "gone": "warning"}


def test_an_inspection_that_broke_down_blocks_nothing(tmp_path):
    """Volcano Engine Ark, Error codes: with this one its own inspection failed."""
    error = {"error": {"code": "ContentSecurityDetectionError", "message": "Internal error."}}
    response, _ = scripted(tmp_path, "volcengine", (400, error))
    assert response.status == "failed"


def test_log_probabilities(tmp_path):
    top = [{"token": "yes", "logprob": -0.1}, {"token": "no", "logprob": -2.4}]
    likely = {"token": "yes", "logprob": -0.1, "top_logprobs": top}
    said = {"text": "yes", "choice": {"logprobs": {"content": [likely]}}}
    wanted = {"logprobs": True, "top_logprobs": 2}
    response, server = scripted(tmp_path, "volcengine", said, parameters=wanted)
    assert {name: server.bodies[0][name] for name in wanted} == wanted
    (token,) = response.extra.logprobs
    assert (token.token, token.logprob, token.others) == ("yes", -0.1, {"yes": -0.1, "no": -2.4})


def test_log_probabilities_of_gemini(tmp_path):
    result = {
        "chosenCandidates": [{"token": "yes", "tokenId": 1, "logProbability": -0.1}],
        "topCandidates": [{"candidates": [{"token": "no", "tokenId": 2, "logProbability": -2.4}]}],
    }
    said = {"text": "yes", "choice": {"logprobsResult": result}}
    response, server = scripted(
        tmp_path / "x", "gemini", said, parameters={"logprobs": True, "top_logprobs": 1}
    )
    config = server.bodies[0]["generationConfig"]
    assert (config["responseLogprobs"], config["logprobs"]) == (True, 1)
    (token,) = response.extra.logprobs
    assert (token.token, token.logprob, token.others) == ("yes", -0.1, {"no": -2.4})
