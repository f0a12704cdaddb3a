"""The content key of a request: what changes the answer changes the key, and nothing else does."""

import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.runs import example_request

from pipeline.engine.request import IN_KEY, NOT_IN_KEY, Message, Request
from pipeline.engine.schema import Schema, schema_of

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
schemas = st.builds(Schema, text, st.sampled_from(['{"type":"object"}', '{"type":"string"}']))
fields = {
    "name": text,
    "provider": st.sampled_from(["openai", "dashscope", "replay"]),
    "base_url": text,
    "model": text,
    "messages": st.lists(st.builds(Message, st.sampled_from(["system", "user"]), text), max_size=4).map(
        tuple
    ),
    "schema": st.none() | schemas,
    "strict": st.booleans(),
    "temperature": st.floats(0, 2),
    "max_tokens": st.integers(1, 10_000),
    "subject": text,
    "repeat": st.integers(0, 1000),
    "parameters": st.dictionaries(text, st.none() | st.integers() | text, max_size=3),
}
requests = st.fixed_dictionaries(fields).map(lambda values: Request(**values))


def test_every_field_is_placed_in_one_half():
    assert sorted(IN_KEY + NOT_IN_KEY) == sorted(Request.__struct_fields__) == sorted(fields)


@given(requests, st.data())
def test_what_changes_the_answer_changes_the_key(request, data):
    field = data.draw(st.sampled_from(IN_KEY))
    other = data.draw(fields[field].filter(lambda value: value != getattr(request, field)))
    assert msgspec.structs.replace(request, **{field: other}).key != request.key


@given(requests, st.data())
def test_what_does_not_change_the_answer_does_not_change_the_key(request, data):
    field = data.draw(st.sampled_from(NOT_IN_KEY))
    assert msgspec.structs.replace(request, **{field: data.draw(fields[field])}).key == request.key


@given(requests, st.sets(st.integers(0, 10**9), min_size=2, max_size=20))
def test_repeats_never_collapse(request, repeats):
    assert len({msgspec.structs.replace(request, repeat=n).key for n in repeats}) == len(repeats)


@given(st.lists(st.builds(Message, st.just("user"), text), min_size=2, max_size=5), requests)
def test_where_one_message_ends_and_the_next_begins_is_part_of_the_key(messages, request):
    apart = msgspec.structs.replace(request, messages=tuple(messages))
    joined = msgspec.structs.replace(
        request, messages=(Message("user", "".join(m.content for m in messages)),)
    )
    assert apart.key != joined.key


def test_the_key_is_the_same_everywhere_and_for_ever():
    """A key that moves makes every recorded answer worthless: this literal may only change with KEY_VERSION."""
    assert example_request().key == "3703f919859786038f9fdc740a52654be5cf73492da5294ed25a5cda13464228"


def test_the_key_does_not_depend_on_the_process():
    code = (
        "from pipeline.engine.request import *; from pipeline.engine.schema import *;"
        "print(Request(name='', provider='p', base_url='', model='m', messages=(Message('user', 'x'),),"
        "schema=Schema('s', '{}'), strict=True, temperature=0.5, max_tokens=9, subject='').key)"
    )
    keys = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(keys) == 1


def test_an_integer_temperature_is_the_same_temperature():
    assert example_request(temperature=0).key == example_request(temperature=0.0).key


@pytest.mark.parametrize("field", IN_KEY)
def test_the_canonical_json_is_readable(field):
    request = example_request(parameters={"seed": 7})
    assert field in msgspec.json.decode(request.canonical_json())


# Of requests as the sample's stages make them, with the keys of its recorded answers; whatever is added to a
# request must leave them as they are where it is not used.
KEYS = {
    "3703f919859786038f9fdc740a52654be5cf73492da5294ed25a5cda13464228": {},
    "12da70dffe06d7144bfadc0944490f71425734dce357297df6b98f182c6ffccc": {"schema": None},
    "c7440b67fa65f5b3602a3ac7952f24a1781a428df21fa18bf1c6df929a2ad1d3": {"strict": False, "temperature": 0.7},
    "eeffd042b7861e965e4f3957d4f6600d7a0a92657df87d5b5a6f961e5d8850f8": {"provider": "replay", "repeat": 3},
}


@pytest.mark.parametrize(("key", "changes"), KEYS.items())
def test_keys_of_requests_that_use_nothing_new_stay(key, changes):
    assert example_request(**changes).key == key
    assert example_request(**changes, parameters={}).key == key


def test_how_an_answer_may_be_read_is_no_part_of_the_question():
    strictly = {"name": "vote", "schema": {"type": "boolean"}, "accepts": []}
    assert example_request(schema=schema_of(strictly)).key == example_request().key


def test_a_temperature_that_is_not_sent_is_no_temperature_of_zero():
    assert example_request(temperature=None).key != example_request().key


def test_the_order_of_parameters_is_no_part_of_the_key():
    one, other = ({"seed": 1, "top_p": 0.5}, {"top_p": 0.5, "seed": 1})
    assert example_request(parameters=one).key == example_request(parameters=other).key


def test_the_order_of_a_schemas_properties_is_part_of_the_key():
    def of(*names):
        properties = {name: {"type": "string"} for name in names}
        return example_request(
            schema=schema_of({"name": "s", "schema": {"type": "object", "properties": properties}})
        )

    assert of("a", "b").key != of("b", "a").key
