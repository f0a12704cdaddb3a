"""Listings and ids through the real PRAW against a loopback Reddit: paging, limits, refusals, resuming."""

import json
import socket
import sqlite3
from contextlib import closing, contextmanager

import polars as pl
import pytest
from services.reddit import CLIENT_SECRET, RedditService

from pipeline.core.errors import CredentialsError, InputError, ProviderError
from pipeline.params.posts import Listing
from pipeline.reddit import ids
from pipeline.reddit.client import Client
from pipeline.reddit.journal import Journal
from pipeline.reddit.parts import PARTS, join, workspace
from pipeline.scrape import api
from pipeline.tables import Posts, ScrapeLedger, read_table

SUBREDDITS = {"askhr": "AskHR", "frugal": "Frugal"}
NEW = Listing(kind="new")


def posts(count, subreddit="AskHR", prefix="a"):
    return [
        {
            "id": f"{prefix}{n}",
            "subreddit": subreddit,
            "created_utc": 1614882000.0 + n,
            "title": f"{'Odd' if n % 2 else 'Even'} title {n}",
            "selftext": "May I?",
            "author": "some_user",
            "author_fullname": "t2_someuser",
            "score": -n,
            "is_self": True,
        }
        for n in range(count)
    ]


@pytest.fixture
def serve(monkeypatch):
    """Starts services that the environment leads to; they end with the test."""
    running = []

    def start(found, **options):
        service = RedditService(found, **options)
        service.__enter__()
        running.append(service)
        for name, value in service.environment().items():
            monkeypatch.setenv(name, value)
        return service

    yield start
    for service in running:
        service.__exit__()


@pytest.fixture
def slept(monkeypatch):
    """Seconds that anything slept for, without the sleeping."""
    seconds = []
    monkeypatch.setattr("time.sleep", seconds.append)
    return seconds


def harvest(folder, listings=(NEW,), limit=1000, subreddits=SUBREDDITS):
    """(posts, ledger as {(source, reason, line): detail}) of a run of the ``praw`` source in ``folder``."""
    return run(folder, lambda *end: api.harvest(Client(), subreddits, listings, limit, *end))


def fetch(folder, text):
    """The same of the ``ids`` source."""
    (folder / "ids.txt").write_text(text, encoding="utf-8")
    return run(folder, lambda *end: [ids.harvest(Client(), folder / "ids.txt", SUBREDDITS, *end)])


def run(folder, source):
    with workspace(folder / PARTS) as work, Journal(folder / ".harvest") as journal:
        outcome = join(source(journal, work), [], folder)
    found, ledger = (
        read_table(Posts, folder / "posts.parquet"),
        read_table(ScrapeLedger, folder / "ledger.parquet"),
    )
    assert outcome.records == outcome.posts + ledger["count"].sum()
    return found, {row[:3]: row[5] for row in ledger.iter_rows()}


@contextmanager
def stopped_after(requests, service):
    """The block ends in Ctrl-C when one request more than that is about to be made."""
    get = Client.get

    def stop(self, path, query, note):
        if len(service.requests) == requests:
            raise KeyboardInterrupt
        return get(self, path, query, note)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "get", stop)
        with pytest.raises(KeyboardInterrupt):
            yield
    service.requests.clear()


def asked(service):
    return [path for path, _ in service.requests]


def test_listings_are_paged_to_their_end(serve, tmp_path):
    service = serve(posts(250) + posts(30, "Frugal", "f"))
    found, ledger = harvest(tmp_path)
    assert len(found) == 280
    assert ledger == {}
    assert found["subreddit"].unique().sort().to_list() == ["AskHR", "Frugal"]
    assert asked(service) == ["/r/AskHR/new"] * 3 + ["/r/Frugal/new"]
    assert [query.get("after") for _, query in service.requests] == [None, "t3_a150", "t3_a50", None]
    assert service.tokens_issued == 1


def test_kinds_of_listings_and_a_post_that_is_in_two(serve, tmp_path):
    service = serve(posts(4))
    listings = [
        Listing(kind="top", period="year"),
        Listing(kind="hot"),
        Listing(kind="search", query="Odd", period="all"),
        Listing(kind="search", query="Odd", period="all"),
    ]
    found, ledger = harvest(tmp_path, listings, subreddits={"askhr": "AskHR"})
    assert found["post_id"].to_list() == ["a0", "a1", "a2", "a3"]  # by score: the first listing comes first
    assert [key for key in ledger if key[1] == "duplicate_id"] == [
        ("r/AskHR/hot", "duplicate_id", n) for n in (1, 2, 3, 4)
    ] + [("r/AskHR/search (all) 'Odd'", "duplicate_id", n) for n in (1, 2)]
    assert ledger["r/AskHR/hot", "duplicate_id", 1] == "came before: r/AskHR/top (year), line 4"
    (top, hot, search) = [query for _, query in service.requests]
    assert (top["t"], search["q"], search["restrict_sr"]) == ("year", "Odd", "1")
    assert "t" not in hot


def test_reddits_cap_and_ones_own_limit_are_shown(serve, tmp_path):
    service = serve(posts(1200) + posts(7, "Frugal", "f"))
    found, ledger = harvest(tmp_path / "cap")
    assert len(found) == 1007
    assert list(ledger) == [("r/AskHR/new", "listing_cap", 0)]
    assert "1,000" in ledger["r/AskHR/new", "listing_cap", 0]
    service.requests.clear()
    found, ledger = harvest(tmp_path / "limit", limit=150)
    assert len(found) == 157
    assert "scrape.praw.limit" in ledger["r/AskHR/new", "listing_cap", 0]
    assert [query["limit"] for _, query in service.requests] == ["100", "50", "100"]


@pytest.mark.parametrize("status", [403, 404, 302, 451])
def test_a_closed_subreddit_is_in_the_ledger_and_the_others_are_read(serve, tmp_path, status):
    serve(posts(3) + posts(2, "Frugal", "f"), closed={"askhr": status})
    found, ledger = harvest(tmp_path)
    assert found["subreddit"].to_list() == ["Frugal"] * 2
    assert list(ledger) == [("r/AskHR/new", "subreddit_unavailable", 0)]


def test_a_stopped_run_goes_on_where_it_was(serve, tmp_path):
    service = serve(posts(350))
    with stopped_after(2, service):
        harvest(tmp_path)
    found, _ = harvest(tmp_path)
    assert len(found) == 350
    assert [query.get("after") for _, query in service.requests] == ["t3_a150", "t3_a50", None]
    # All is recorded now: not even a token is asked for, and the tables are the same bytes.
    before, tokens = (tmp_path / "posts.parquet").read_bytes(), service.tokens_issued
    service.requests.clear()
    harvest(tmp_path)
    assert service.requests == []
    assert service.tokens_issued == tokens
    assert (tmp_path / "posts.parquet").read_bytes() == before


def test_the_journal_keeps_no_names(serve, tmp_path):
    serve(posts(3))
    harvest(tmp_path)
    kept = b"".join(file.read_bytes() for file in (tmp_path / ".harvest").iterdir())
    assert b"May I?" in kept
    assert b"some_user" not in kept
    assert b"t2_someuser" not in kept


def test_a_journal_that_cannot_be_used_is_one_readable_error(tmp_path):
    folder = tmp_path / ".harvest"
    Journal(folder).close()
    with closing(sqlite3.connect(folder / "journal.sqlite")) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(InputError, match="version 99"):
        Journal(folder)
    (folder / "journal.sqlite").write_bytes(b"not a database, not at all " * 100)
    with pytest.raises(InputError, match="cannot be used"):
        Journal(folder)


def test_missing_credentials_are_named(monkeypatch):
    monkeypatch.setenv("REDDIT_CLIENT_ID", "x")
    with pytest.raises(CredentialsError) as caught:
        Client()
    assert caught.value.message == "not set: REDDIT_CLIENT_SECRET, REDDIT_USER_AGENT"


def test_refused_credentials_are_an_error_without_the_secret(serve, tmp_path, monkeypatch):
    serve(posts(3))
    monkeypatch.setenv("REDDIT_CLIENT_SECRET", "wrong-" + CLIENT_SECRET)
    with pytest.raises(CredentialsError, match="refuses") as caught:
        harvest(tmp_path)
    assert CLIENT_SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_section_of_praw_ini(serve, tmp_path, monkeypatch):
    service = serve(posts(1))
    for name in ("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET", "REDDIT_USER_AGENT"):
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("praw.config.Config.CONFIG", None)  # PRAW reads the file once a process
    (tmp_path / "praw.ini").write_text(
        "[valact]\nclient_id=test-client\nclient_secret=test-secret\nuser_agent=test:valact:0\n"
    )
    data = Client("valact").get("r/AskHR/new", {"limit": 1}, lambda words: None)["data"]
    assert [child["data"]["id"] for child in data["children"]] == ["a0"]
    assert service.tokens_issued == 1
    with pytest.raises(CredentialsError, match="no usable section 'other'"):
        Client("other")


def test_a_token_that_expires_is_asked_for_again(serve, slept):
    service = serve(posts(3))
    session = Client()
    session.get("r/AskHR/new", {"limit": 1}, lambda words: None)
    service.expire_token = True
    session.get("r/AskHR/new", {"limit": 1}, lambda words: None)
    assert service.tokens_issued == 2


def test_rate_limit_headers_are_kept_to_and_shown(serve, tmp_path, slept, capsys):
    service = serve(posts(250))
    service.remaining, service.reset = 2, 42
    harvest(tmp_path, subreddits={"askhr": "AskHR"})
    assert any(41 < seconds <= 42 for seconds in slept)
    assert "requests left before a pause" in capsys.readouterr().err


def test_an_answer_429_is_waited_for(serve, tmp_path, slept):
    service = serve(posts(3))
    service.failures = [429, 429]
    assert len(harvest(tmp_path)[0]) == 3
    assert slept.count(3.0) == 2


@pytest.mark.parametrize(("failures", "words"), [([429] * 9, "too many requests"), ([503] * 9, "HTTP 503")])
def test_a_reddit_that_is_down_ends_the_run_and_keeps_what_was_fetched(
    serve, tmp_path, slept, failures, words
):
    service = serve(posts(3) + posts(2, "Frugal", "f"))
    harvest(tmp_path, subreddits={"askhr": "AskHR"})
    service.failures = failures
    with pytest.raises(ProviderError, match=words) as caught:
        harvest(tmp_path)
    assert ".harvest" in caught.value.remedy
    service.failures = []
    service.requests.clear()
    assert len(harvest(tmp_path)[0]) == 5
    assert asked(service) == ["/r/Frugal/new"]


def test_no_network_is_a_provider_error(serve, tmp_path, slept, monkeypatch):
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        serve([])
        monkeypatch.setenv("REDDIT_URL", f"http://127.0.0.1:{nobody_listens.getsockname()[1]}")
        with pytest.raises(ProviderError, match="cannot be used now"):
            harvest(tmp_path)


@pytest.mark.parametrize(
    ("entry", "post_id"),
    [
        ("1ggk9jh", "1ggk9jh"),
        ("t3_1ggk9jh", "1ggk9jh"),
        ("1GGK9JH", "1ggk9jh"),
        ("https://www.reddit.com/r/AskHR/comments/1ggk9jh/should_i/", "1ggk9jh"),
        ("https://old.reddit.com/r/AskHR/comments/1ggk9jh/should_i/kx1/?context=3", "1ggk9jh"),
        ("/r/AskHR/comments/1ggk9jh/should_i/", "1ggk9jh"),
        ("reddit.com/comments/1ggk9jh", "1ggk9jh"),
        ("https://www.reddit.com/user/someone/comments/1ggk9jh/x", "1ggk9jh"),
        ("https://www.reddit.com/gallery/1ggk9jh", "1ggk9jh"),
        ("https://redd.it/1ggk9jh", "1ggk9jh"),
        ("t1_1ggk9jh", None),
        ("https://www.reddit.com/r/AskHR/", None),
        ("https://www.reddit.com/r/AskHR/s/AbCdEf", None),
        ("https://example.org/comments/1ggk9jh", None),
        ("two words", None),
    ],
)
def test_references_to_posts(entry, post_id):
    assert ids.parse(entry) == post_id


def test_ids_are_fetched_in_hundreds_and_what_is_gone_is_gone(serve, tmp_path):
    service = serve([*posts(230), *posts(1, "pics", "x")])
    wanted = [f"a{n}" for n in range(230)]
    lines = ["# my list", "", *wanted, "t3_gone1", "not an id", "x0", "https://redd.it/a5"]
    found, ledger = fetch(tmp_path, "\n".join(lines))
    assert found["post_id"].to_list() == wanted
    assert set(ledger) == {
        ("ids.txt", "gone", 233),
        ("ids.txt", "bad_line", 234),
        ("ids.txt", "other_subreddit", 235),
        ("ids.txt", "duplicate_id", 236),
    }
    assert [len(query["id"].split(",")) for _, query in service.requests] == [100, 100, 32]
    gone = pl.read_parquet(tmp_path / "ledger.parquet").filter(pl.col("reason") == "gone")
    assert gone["post_id"].to_list() == ["gone1"]


def test_ids_that_were_answered_are_not_asked_for_again(serve, tmp_path):
    service = serve(posts(150))
    text = "\n".join(["missing", *(f"a{n}" for n in range(150))])
    with stopped_after(1, service):
        fetch(tmp_path, text)
    found, ledger = fetch(tmp_path, "another\n" + text)
    assert len(found) == 150
    assert [post_id for _, query in service.requests for post_id in query["id"].split(",")] == [
        "t3_another",
        *(f"t3_a{n}" for n in range(99, 150)),
    ]
    assert set(ledger) == {("ids.txt", "gone", 1), ("ids.txt", "gone", 2)}


@pytest.mark.parametrize("content", [None, b"", b"# nothing\n\n", b"\xff\xfe\x00"])
def test_a_list_that_names_no_post_is_one_readable_error(tmp_path, content):
    file = tmp_path / "ids.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        ids.read_ids(file)
    assert caught.value.where == str(file)


def test_real_api_objects_pass_the_journal_unchanged(reference, serve, tmp_path):
    raw = [json.loads(line) for line in (reference / "reddit/api_AmItheAsshole.jsonl").open()]
    by_id = {post["id"]: post for post in raw}
    serve(list(by_id.values()))
    found, _ = harvest(tmp_path, subreddits={"amitheasshole": "AmItheAsshole"})
    assert set(found["post_id"]) == set(by_id)
    assert {row["post_id"]: row["body"] for row in found.iter_rows(named=True)} == {
        post_id: post["selftext"] for post_id, post in by_id.items()
    }
