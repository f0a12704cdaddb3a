"""Normalising submissions: API objects, dump lines of any year, CSV rows of collections; who took a text away."""

import csv
import datetime as dt
import json
import sys

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reddit.post import RawPost, Rejected, nameless, normalise
from pipeline.tables import Posts, conform

POST = {
    "id": "1ggk9jh",
    "subreddit": "askhr",
    "created_utc": 1614882000,
    "title": "Should I say yes?",
    "selftext": "Fish &amp; chips",
    "score": 41,
    "num_comments": 3,
    "link_flair_text": "Advice",
    "is_self": True,
    "over_18": False,
    "stickied": False,
    "distinguished": None,
    "author": "some_user",
}
SPELLING = {"askhr": "AskHR"}


def test_a_row_holds_what_the_record_says_and_no_author():
    assert normalise(POST, SPELLING) == {
        "post_id": "1ggk9jh",
        "subreddit": "AskHR",
        "created_at": dt.datetime(2021, 3, 4, 18, 20, tzinfo=dt.UTC),
        "title": "Should I say yes?",
        "body": "Fish &amp; chips",
        "score": 41,
        "comments": 3,
        "flair": "Advice",
        "is_self": True,
        "state": "live",
        "over_18": False,
        "by_moderator": False,
        "crosspost": False,
    }


@pytest.mark.parametrize("value", [1614882000, 1614882000.0, "1614882000", "1614882000.0"])
def test_times_are_numbers_or_digits(value):
    assert normalise(POST | {"created_utc": value})["created_at"] == dt.datetime(
        2021, 3, 4, 18, 20, tzinfo=dt.UTC
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "bad_id"),
        ({"id": 17}, "bad_id"),
        ({"id": "../x"}, "bad_id"),
        ({"subreddit": ""}, "bad_subreddit"),
        ({"subreddit": ["AskHR"]}, "bad_subreddit"),
        ({"created_utc": None}, "bad_created_utc"),
        ({"created_utc": True}, "bad_created_utc"),
        ({"created_utc": "yesterday"}, "bad_created_utc"),
        ({"created_utc": "nan"}, "bad_created_utc"),
        ({"created_utc": 0}, "bad_created_utc"),
        ({"created_utc": 1614882000000}, "bad_created_utc"),
        ({"title": None}, "bad_title"),
        ({"selftext": {"markdown": "x"}}, "bad_selftext"),
    ],
)
def test_a_record_that_says_too_little_is_refused(change, reason):
    assert normalise(POST | change).reason == reason


def test_a_refusal_names_the_post_but_never_quotes_a_text():
    refused = normalise(POST | {"title": ["a secret"]})
    assert refused.post_id == "1ggk9jh"
    assert "secret" not in refused.detail


def test_fields_that_some_years_lack_are_not_made_up():
    old = {"id": "87", "subreddit": "reddit.com", "created_utc": "1130000000", "title": "An old link"}
    row = normalise(old)
    assert (row["score"], row["comments"], row["flair"], row["body"]) == (None, None, None, "")
    assert (row["is_self"], row["state"], row["over_18"], row["crosspost"]) == (False, "live", False, False)
    assert normalise(old | {"domain": "self.reddit.com"})["is_self"]
    assert normalise(old | {"selftext": "a text"})["is_self"]
    assert normalise(old | {"score": "12", "num_comments": 7.0})["score"] == 12
    assert normalise(old | {"score": True})["score"] is None


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"selftext": "[removed]"}, "removed"),
        ({"selftext": "  [ REMOVED ]\n"}, "removed"),
        ({"selftext": "[removed by moderator]"}, "removed"),
        ({"selftext": "[ Removed by Reddit ]"}, "removed"),
        ({"selftext": "[ Removed by Reddit on account of violating the [content policy](/x). ]"}, "removed"),
        ({"title": "[ Removed by Reddit ]", "selftext": ""}, "removed"),
        ({"removed_by_category": "moderator"}, "removed"),
        ({"removed_by_category": "automod_filtered"}, "removed"),
        ({"selftext": "[removed]", "author": "[deleted]"}, "removed"),
        ({"removed_by_category": "deleted", "selftext": "[removed]"}, "deleted"),
        ({"removed_by_category": "author"}, "deleted"),
        ({"selftext": "[deleted]"}, "deleted"),
        ({"selftext": " [Deleted] "}, "deleted"),
        ({"title": "[deleted by user]", "selftext": ""}, "deleted"),
        ({"author": "[deleted]"}, "deleted"),
        ({"author": None}, "deleted"),
        ({"selftext": "[Removed] is what my post said. Why?"}, "live"),
        ({"selftext": "[deleted] scenes of a film"}, "live"),
        ({"title": "[Removed] from the will, what now?"}, "live"),
    ],
)
def test_who_took_the_text_away(change, state):
    assert normalise(POST | change)["state"] == state
    assert normalise(nameless(POST | change))["state"] == state


@pytest.mark.parametrize(
    "change", [{"stickied": True}, {"distinguished": "moderator"}, {"distinguished": "admin"}]
)
def test_moderators_posts(change):
    assert normalise(POST | change)["by_moderator"]


def test_half_a_surrogate_pair_can_be_stored():
    row = normalise(POST | {"title": "\ud83d!", "selftext": "\ud83d\ude00"})
    assert (row["title"], row["body"]) == ("\ufffd!", "\U0001f600")


def test_what_is_kept_of_an_api_object_names_nobody():
    kept = nameless(POST | {"author_fullname": "t2_abc", "selftext_html": "x"})
    assert set(kept) <= set(RawPost.__annotations__) - {"author"}
    assert nameless(POST | {"author": None})["author"] is None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(list(RawPost.__annotations__)), anything))
def test_any_record_is_a_valid_row_or_a_reason(change):
    row = normalise(POST | change, SPELLING)
    if isinstance(row, Rejected):
        assert row.reason.startswith("bad_")
    else:
        assert len(conform(Posts, [row], where="test")) == 1


def test_all_real_api_objects_are_posts(reference):
    lines = [line for file in sorted((reference / "reddit").glob("api_*.jsonl")) for line in file.open()]
    rows = [normalise(json.loads(line)) for line in lines]
    assert len(rows) == 450
    assert not [row for row in rows if isinstance(row, Rejected)]
    assert {row["state"] for row in rows} == {"live"}
    conform(Posts, pl.DataFrame(rows).unique("post_id"), where="reference")


def read_csv(file):
    csv.field_size_limit(sys.maxsize)
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def from_csv(row, **missing):
    """A row of a collection, where every value is text, as the record it was made of."""
    flags = {field: row[field] == "True" for field in ("is_self", "over_18") if field in row}
    return missing | row | flags


def test_all_posts_of_2013_are_posts(reference):
    for file in sorted((reference / "reddit" / "top_2013").glob("*.csv")):
        rows = [normalise(from_csv(row, subreddit=file.stem)) for row in read_csv(file)]
        assert len(rows) >= 999
        assert not [row for row in rows if isinstance(row, Rejected)]
        table = conform(Posts, rows, where=file.name)
        assert set(table["created_at"].dt.year().unique()) <= set(range(2008, 2014))
        assert table["score"].null_count() == 0
        assert set(table["is_self"].unique()) == {True, False} or file.stem in (
            "relationships",
            "changemyview",
        )


def test_every_real_removal_is_caught(reference):
    raw = read_csv(reference / "reddit" / "personalfinance_2023.csv")
    rows = [normalise(from_csv(row, id=f"x{number}")) for number, row in enumerate(raw)]
    marked = [row["selftext"].strip().lower() in ("[removed]", "[deleted]") for row in raw]
    assert sum(marked) == 128
    assert [row["state"] != "live" for row in rows] == marked
