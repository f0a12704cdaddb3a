"""The status of an answer, decided in one place, and the schemas that answers keep to."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.runs import VERDICT, example_request

from pipeline.administer.parsing import read_letter, read_scale
from pipeline.engine.reading import RULES
from pipeline.engine.response import Reply, decide, failure
from pipeline.engine.schema import schema_of
from pipeline.tables import RESPONSE_STATUSES

asked = example_request(schema=schema_of(VERDICT))
strictly = example_request(schema=schema_of(VERDICT | {"accepts": []}))
free = example_request(schema=None)


@pytest.mark.parametrize(
    ("request_", "reply", "status", "error"),
    [
        (asked, Reply(text='{"vote": "yes"}', finish_reason="stop"), "ok", None),
        (asked, Reply(text='```json\n{"vote": "no"}\n```'), "ok", None),
        (asked, Reply(text='```\n{"vote": "no"}\n```\n'), "ok", None),
        (free, Reply(text="Yes."), "ok", None),
        (asked, Reply(refusal="I can't help with that.", finish_reason="stop"), "refused", "I can't help"),
        (asked, Reply(text='{"vote": "y', finish_reason="length"), "truncated", "2048 tokens"),
        (asked, Reply(text='{"vote": "yes"}', finish_reason="length"), "truncated", "2048 tokens"),
        (asked, Reply(text="", finish_reason="content_filter"), "blocked_by_provider", "content filter"),
        (asked, Reply(blocked="inappropriate content"), "blocked_by_provider", "inappropriate"),
        (asked, Reply(blocked="x", refusal="y", finish_reason="length"), "blocked_by_provider", "x"),
        (asked, Reply(text='{"vote": "maybe"}'), "invalid", "maybe"),
        (asked, Reply(text="Yes, I think so."), "invalid", "malformed"),
        (asked, Reply(text='{"vote": "yes", "why": 1}'), "invalid", "why"),
        (asked, Reply(text="{}"), "invalid", "required"),
        (asked, Reply(text='\ufeff{"vote": "yes"}'), "ok", None),
        (asked, Reply(text='{"vote": "Yes"}'), "ok", None),
        (asked, Reply(text='{"vote": " NO "}'), "ok", None),
        (asked, Reply(text='{"vote": "yes"} I hope that this helps!'), "ok", None),
        (asked, Reply(text='{"vote": "yes"} {"vote": "no"}'), "invalid", "malformed"),
        (asked, Reply(text='{"vote": "yes"} or [no]'), "invalid", "malformed"),
        (asked, Reply(text='{"vote": "yesno"}'), "invalid", "yesno"),
        (strictly, Reply(text='{"vote": "Yes"}'), "invalid", "Yes"),
        (strictly, Reply(text='{"vote": "yes"} So there.'), "invalid", "malformed"),
        (free, Reply(text="so f", finish_reason="new"), "invalid", "'new'"),
        (free, Reply(text="so f", ending="refused"), "refused", "declined"),
        (free, Reply(unusable="too long"), "invalid", "too long"),
        (asked, Reply(text='Here you are: ```json\n{"vote": "no"}\n```'), "invalid", "malformed"),
        (free, Reply(text=" \n"), "invalid", "empty"),
    ],
)
def test_status(request_, reply, status, error):
    response = decide(request_, reply)
    assert (response.status, response.text) == (status, reply.text)
    assert (error is None) == (response.error is None)
    assert error is None or error in response.error


@given(
    st.builds(
        Reply,
        text=st.text(),
        finish_reason=st.none() | st.sampled_from(["stop", "length", "content_filter", "tool_calls"]),
        refusal=st.none() | st.text(),
        blocked=st.none() | st.text(),
    )
)
def test_every_reply_has_a_status_and_keeps_its_text(reply):
    response = decide(asked, reply)
    assert response.status in RESPONSE_STATUSES
    assert response.text == reply.text
    if response.status == "ok":
        assert response.json()["vote"] in ("yes", "no")


def test_the_object_of_an_ok_answer():
    assert decide(asked, Reply(text='```json\n{"vote": "yes"}\n```')).json() == {"vote": "yes"}


def test_an_answer_that_is_not_ok_has_no_object():
    with pytest.raises(ValueError, match="refused"):
        decide(asked, Reply(refusal="no")).json()


def test_a_failed_call_is_a_response_too():
    response = failure(asked, "HTTP 500", attempts=6)
    assert (response.status, response.error, response.attempts) == ("failed", "HTTP 500", 6)


SCHEMAS = [
    ({"type": "object", "properties": {"a": {"type": "string"}}}, ["{}", '{"a": "x", "b": 1}'], ['{"a": 1}', "[]"]),
    ({"type": "array", "items": {"type": "integer"}, "maxItems": 2}, ["[]", "[1, 2]"], ["[1, 2, 3]", '["1"]', "[1.5]"]),
    ({"type": "string", "minLength": 1, "pattern": "^[A-D]$"}, ['"A"'], ['""', '"E"', "null"]),
    ({"type": "number", "minimum": 0, "maximum": 1}, ["0", "0.5"], ["2", "true"]),
    ({"type": ["string", "null"], "description": "free text"}, ['"x"', "null"], ["1"]),
    ({"const": "yes"}, ['"yes"'], ['"no"']),
    ({"type": "boolean"}, ["true"], ["1", '"true"']),
    ({"type": "object", "properties": {"not a name": {"type": "null"}}, "required": ["not a name"]},
     ['{"not a name": null}'], ["{}"]),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "good", "bad"), SCHEMAS)
def test_schemas(definition, good, bad):
    schema = schema_of({"name": "s", "schema": definition})
    assert [schema.problem(text) for text in good] == [None] * len(good)
    assert all(schema.problem(text) for text in bad)


@pytest.mark.parametrize(
    "definition",
    [
        {"type": "string", "format": "email"},
        {"type": "object", "properties": {}, "patternProperties": {}},
        {"type": "object", "required": ["a"]},
        {"$ref": "#/x"},
        {"type": "text"},
    ],
)
def test_a_schema_that_would_be_checked_in_part_only_is_refused(definition):
    with pytest.raises(ValueError, match="JSON schema"):
        schema_of({"name": "s", "schema": definition})


def test_the_schemas_json_is_what_is_sent():
    assert msgspec.json.decode(schema_of(VERDICT).body) == VERDICT["schema"]


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ('{"vote": "yes"}', []),
        ('\ufeff{"vote": "yes"}', ["bom"]),
        ('```json\n{"vote": "yes"}\n```', ["fence"]),
        ('{"vote": "yes"}. Done', ["after"]),
        ('{"vote": "YES"}', ["case"]),
        ('\ufeff```json\n{"vote": "Yes"}\n```', ["bom", "fence", "case"]),
    ],
)
def test_what_an_answer_says_is_read_by_the_rules_of_its_schema(text, rules):
    read = asked.schema.read(text)
    assert (read.value, read.rules) == ({"vote": "yes"}, rules)
    response = decide(asked, Reply(text=text))
    assert (response.text, response.json(asked.schema)) == (text, {"vote": "yes"})
    for rule in rules:
        others = [name for name in RULES if name != rule]
        assert schema_of(VERDICT | {"accepts": others}).problem(text)


def test_words_of_a_schema_that_differ_in_case_only_stay_apart():
    schema = schema_of({"name": "s", "schema": {"type": "string", "enum": ["a", "A", "b"]}})
    assert [schema.read(text).value for text in ('"a"', '"A"', '"B"')] == ["a", "A", "b"]


def test_a_rule_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="rules that are not known: kindly"):
        schema_of(VERDICT | {"accepts": ["kindly"]})


@given(st.text() | st.text("{}[]\"': ,vote\\`\n"))
def test_reading_never_breaks(text):
    try:
        assert asked.schema.read(text).value["vote"] in ("yes", "no")
    except ValueError:
        assert asked.schema.problem(text)


@pytest.mark.parametrize("text", ["[" * 5_000, '{"answer": ' * 5_000, "\ud800"])
def test_an_answer_that_exhausts_its_reader_is_no_answer(text):
    request = example_request(schema=None)
    response = decide(request, Reply(text=text))
    assert read_letter(response, "ABCD") == ("invalid", None)
    assert {status for status, *_ in read_scale(response, ["1", "2"], range(1, 7))} == {"invalid"}
