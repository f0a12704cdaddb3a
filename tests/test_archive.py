"""Dumps: every format, every way of being broken, and a ledger that adds up whatever happens."""

import datetime as dt
import gzip
import json
import random

import polars as pl
import pytest
import yaml
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import params
from pipeline.core.errors import InputError
from pipeline.reddit import archive, parts, scan, stream
from pipeline.reddit.files import local
from pipeline.reddit.parts import PARTS, join, workspace
from pipeline.reddit.scan import Wanted
from pipeline.scrape.scrape import scrape
from pipeline.tables import Posts, ScrapeLedger, read_table, scan_table

WANTED = Wanted({"askhr": "AskHR", "frugal": "Frugal"})


def post(number, subreddit="AskHR", **fields):
    return {
        "id": f"p{number}",
        "subreddit": subreddit,
        "created_utc": 1614882000 + number,
        "title": f"Title {number}",
        "selftext": "A question of some length. " * (number % 5),
        "score": number,
    } | fields


def ndjson(*records, sort=True):
    """Dump lines: keys in alphabetical order and no blanks, as the real ones; text stays as it is."""
    lines = [
        record if isinstance(record, str) else json.dumps(record, separators=(",", ":"), sort_keys=sort)
        for record in records
    ]
    return "".join(line + "\n" for line in lines).encode()


def zst(data, **options):
    return zstandard.ZstdCompressor(**options).compress(data)


def read(folder, *paths, wanted=WANTED, processes=1):
    """(posts, ledger as {(source, reason, line): count}, outcome) of files in ``folder``."""
    out = folder / "out"
    with workspace(out / PARTS) as work:
        found, rows = archive.read([str(path) for path in paths or [folder / "in"]], wanted, work, processes)
        outcome = join(found, rows, out)
    posts, ledger = read_table(Posts, out / "posts.parquet"), read_table(ScrapeLedger, out / "ledger.parquet")
    assert outcome.records == outcome.posts + ledger["count"].sum()
    assert outcome.posts == len(posts)
    assert not (out / ".parts").exists()
    return posts, {row[:3]: row[3] for row in ledger.iter_rows()}, outcome


@pytest.fixture
def dump(tmp_path):
    """Writes a dump into the folder that ``read`` takes by default."""

    def write(name, data):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    return write


TEN = [post(n, "AskHR" if n % 2 else "pics") for n in range(10)]


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.ndjson", lambda data: data),
        ("a.json", lambda data: data),
        ("a.jsonl", lambda data: data.rstrip(b"\n")),
        ("a.jsonl", lambda data: data.replace(b"\n", b"\r\n")),
        ("a.jsonl", lambda data: b"\n" + data.replace(b"\n", b"\n\n")),
        ("a.ndjson.gz", gzip.compress),
        ("a.gz", lambda data: gzip.compress(data[:700]) + gzip.compress(data[700:])),
        ("a.zst", zst),
        ("a.zst", lambda data: zst(data[:700]) + zst(data[700:])),
        ("a.zst", lambda data: b"\x50\x2a\x4d\x18\x04\0\0\0note" + zst(data)),
    ],
)
def test_every_format_gives_the_same_posts(tmp_path, dump, name, pack):
    dump(name, pack(ndjson(*TEN)))
    posts, ledger, outcome = read(tmp_path)
    assert posts["post_id"].to_list() == ["p1", "p3", "p5", "p7", "p9"]
    assert ledger == {(name, "other_subreddit", 0): 5}
    assert outcome.records == 10


def test_frames_with_windows_of_2_gib_are_read(tmp_path, dump):
    parameters = zstandard.ZstdCompressionParameters.from_level(1, window_log=31)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    path = dump("RS_2023-03.zst", compressor.compress(ndjson(*TEN)) + compressor.flush())
    assert zstandard.get_frame_parameters(path.read_bytes()).window_size == 2**31
    assert len(read(tmp_path)[0]) == 5


def test_bad_lines_are_in_the_ledger_with_their_number(tmp_path, dump):
    dump(
        "a.ndjson",
        ndjson(
            post(1),
            '{"subreddit":"AskHR","id":"p2",',
            "[1, 2]",
            "",
            post(3, id=None),
            post(4, title=7),
            {key: value for key, value in post(5).items() if key != "created_utc"},
            {key: value for key, value in post(6).items() if key != "subreddit"},
            '{"subreddit":"pics","id":"p7"',
            post(8, "pics", title=None),
            "x" * 50 + '"subreddit":"pics"',
            '{"a":' * 100_000,
            post(9),
        ),
    )
    posts, ledger, outcome = read(tmp_path)
    assert posts["post_id"].to_list() == ["p1", "p9"]
    assert ledger == {
        ("a.ndjson", "bad_json", 2): 1,
        ("a.ndjson", "not_an_object", 3): 1,
        ("a.ndjson", "bad_id", 5): 1,
        ("a.ndjson", "bad_title", 6): 1,
        ("a.ndjson", "bad_created_utc", 7): 1,
        ("a.ndjson", "bad_subreddit", 8): 1,
        ("a.ndjson", "bad_json", 9): 1,
        ("a.ndjson", "other_subreddit", 0): 1,
        ("a.ndjson", "bad_json", 11): 1,
        ("a.ndjson", "bad_json", 12): 1,
    }
    assert outcome.records == 12  # the blank line is none


def test_a_file_of_bad_lines_is_counted_and_does_not_fill_the_ledger(tmp_path, dump, monkeypatch):
    monkeypatch.setattr(parts.Tally.__init__, "__defaults__", (3,))
    dump("a.ndjson", ndjson(post(1), *["{oops"] * 10))
    _, ledger, _ = read(tmp_path)
    assert ledger == {("a.ndjson", "bad_json", n): 1 for n in (2, 3, 4)} | {("a.ndjson", "bad_json", 0): 7}


NESTED = {"crosspost_parent": "t3_x", "crosspost_parent_list": [post(99, "pics", gildings={})]}
TRICKY = {
    "spaces": json.dumps(post(1)),
    "lower case": json.dumps(post(1, "ASKhr")),
    "cross-post, sorted": json.dumps(post(1) | NESTED, separators=(",", ":"), sort_keys=True),
    "cross-post, parent last": json.dumps(post(1) | NESTED, separators=(",", ":")),
    "key in the text": json.dumps(post(1, selftext='"subreddit":"pics"}')),
    "text that is the key": json.dumps(post(1, zz="subreddit"), separators=(",", ":")),
    "braces after": json.dumps(post(1, zz={"subreddit": "pics"}), separators=(",", ":")),
    "escapes": json.dumps(post(1)).replace("AskHR", "Ask\\u0048R"),
    "half a surrogate pair": json.dumps(post(1, title="\ud83d")),
    "mixed spacing": '{"subreddit" :"AskHR","z":{"subreddit":"pics"},' + json.dumps(post(1, "AskHR"))[1:],
}


@pytest.mark.parametrize("line", TRICKY.values(), ids=TRICKY)
def test_a_wanted_submission_is_found_however_it_is_written(tmp_path, dump, line):
    dump("a.ndjson", ndjson(line))
    assert read(tmp_path)[0]["post_id"].to_list() == ["p1"]


@pytest.mark.parametrize("sort", [True, False])
def test_a_cross_post_of_a_wanted_post_elsewhere_is_not_wanted(tmp_path, dump, sort):
    parent = {"crosspost_parent": "t3_x", "crosspost_parent_list": [post(99, "AskHR")]}
    dump("a.ndjson", ndjson(post(1, "pics") | parent, post(2), sort=sort))
    posts, ledger, _ = read(tmp_path)
    assert posts["post_id"].to_list() == ["p2"]
    assert ledger == {("a.ndjson", "other_subreddit", 0): 1}


def test_dates_and_scores_are_limited_and_counted(tmp_path, dump):
    wanted = Wanted(
        WANTED.subreddits,
        first=dt.datetime(2021, 3, 4, 18, 20, 2, tzinfo=dt.UTC),
        before=dt.datetime(2021, 3, 4, 18, 20, 8, tzinfo=dt.UTC),
        min_score=3,
        max_score=6,
    )
    dump("a.ndjson", ndjson(*(post(n) for n in range(10)), post(3, id="none", score=None)))
    posts, ledger, _ = read(tmp_path, wanted=wanted)
    assert posts["post_id"].to_list() == ["p3", "p4", "p5", "p6", "none"]
    assert ledger == {("a.ndjson", "outside_dates", 0): 4, ("a.ndjson", "outside_score", 0): 2}


def test_unwanted_posts_are_told_as_the_readme_says(root, tmp_path, dump):
    """One row a file and reason for posts that nobody wanted, and one each for all others."""
    dump("a.ndjson", ndjson(*(post(n, score=0) for n in range(216)), post(216, score=1)))
    posts, ledger, outcome = read(tmp_path, wanted=Wanted(WANTED.subreddits, min_score=1))
    assert posts["post_id"].to_list() == ["p216"]
    assert ledger == {("a.ndjson", "outside_score", 0): 216}
    assert outcome.records == posts.height + sum(ledger.values())
    readme = " ".join((root / "README.md").read_text(encoding="utf-8").split())
    assert "is in a ledger that says why" in readme
    assert "another year, another score) there is one row a file and reason, with their number" in readme
    assert "has a row that says why" not in readme


def test_of_posts_with_one_id_the_first_stays(tmp_path, dump):
    dump("a.ndjson", ndjson(post(1), post(2), post(1, title="again")))
    dump("b.ndjson", ndjson(post(3), post(2, title="elsewhere")))
    posts, ledger, _ = read(tmp_path)
    assert posts["title"].to_list() == ["Title 1", "Title 2", "Title 3"]
    assert ledger == {("a.ndjson", "duplicate_id", 3): 1, ("b.ndjson", "duplicate_id", 2): 1}
    detail = pl.read_parquet(tmp_path / "out" / "ledger.parquet")["detail"].to_list()
    assert detail == ["came before: a.ndjson, line 1", "came before: a.ndjson, line 2"]


def cut(path, keep):
    path.write_bytes(path.read_bytes()[:keep])


def varied(count):
    """Posts whose texts do not compress away, so that a cut file has a middle."""
    draw = random.Random(1)
    return [post(n, selftext=f"{draw.getrandbits(4000):x}") for n in range(count)]


@pytest.mark.parametrize(("name", "pack"), [("a.zst", zst), ("a.gz", gzip.compress)])
def test_a_truncated_file_keeps_what_was_read_and_the_run_goes_on(tmp_path, dump, name, pack):
    data = ndjson(*varied(2000))
    path = dump(name, pack(data))
    size = path.stat().st_size
    cut(path, size // 2)
    dump("b.ndjson", ndjson(post(9999)))
    posts, ledger, _ = read(tmp_path)
    kept = len(posts) - 1
    assert 500 < kept < 1500
    assert posts["post_id"].to_list() == [f"p{n}" for n in range(kept)] + ["p9999"]
    assert ledger == {(name, "truncated", kept + 1): 1}
    (detail,) = pl.read_parquet(tmp_path / "out" / "ledger.parquet")["detail"]
    assert f"byte {size // 2:,}" in detail
    assert f"{kept:,} lines" in detail


def test_the_second_frame_may_be_the_one_that_is_cut(tmp_path, dump):
    whole = zst(ndjson(post(1), post(2)))
    path = dump("a.zst", whole + zst(ndjson(*varied(50))))
    cut(path, len(whole) + 20)
    posts, ledger, _ = read(tmp_path)
    assert posts["post_id"].to_list() == ["p1", "p2"]
    assert ledger == {("a.zst", "truncated", 3): 1}


def test_damage_in_the_middle_is_reported(tmp_path, dump):
    whole = zst(ndjson(post(1), post(2)))
    dump("a.zst", whole + b"this is no frame")
    posts, ledger, _ = read(tmp_path)
    assert len(posts) == 2
    assert ledger == {("a.zst", "corrupt", 3): 1}


def test_a_plain_file_may_end_inside_a_line(tmp_path, dump):
    dump("a.ndjson", ndjson(post(1), post(2))[:-20])
    posts, ledger, _ = read(tmp_path)
    assert posts["post_id"].to_list() == ["p1"]
    assert ledger == {("a.ndjson", "truncated", 2): 1}


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.zst", b"<html>Not found</html>", "says zstd"),
        ("a.gz", zst(b"{}"), "says gzip"),
        ("a.ndjson", b"", "empty"),
        ("a.ndjson", b"id,title\n1,x\n", "none of its 2 lines"),
        ("a.ndjson", b"no\n" * 1000, "none of its first 100 lines"),
        ("a.zst", zst(random.Random(2).randbytes(100_000)), "none of its"),
        ("a.ndjson", b"x" * 2_000_000, "longer than"),
    ],
)
def test_what_is_no_dump_at_all_is_one_readable_error(tmp_path, dump, monkeypatch, name, data, message):
    monkeypatch.setattr(scan, "MAX_LINE", 1 << 20)
    path = dump(name, data)
    with pytest.raises(InputError) as caught:
        read(tmp_path)
    assert message in caught.value.message
    assert caught.value.where == str(path)
    assert caught.value.remedy


def test_paths_may_be_files_folders_and_patterns_and_each_file_is_read_once(tmp_path, dump):
    dump("2023/RS_2023-01.zst", zst(ndjson(post(1))))
    dump("2023/RC_2023-01.zst", zst(ndjson({"body": "a comment"})))
    dump("AskHR_comments.zst", b"")
    dump("README.md", b"# Dumps")
    folder = tmp_path / "in"
    posts, ledger, _ = read(tmp_path, folder, folder / "2023/RS_2023-01.zst", folder / "**/RS_*.zst")
    assert posts["post_id"].to_list() == ["p1"]
    assert sorted(source.rsplit("/", 1)[-1] for source, reason, _ in ledger if reason == "file_not_read") == [
        "AskHR_comments.zst",
        "RC_2023-01.zst",
    ]
    for nothing in (tmp_path / "no", tmp_path / "no*.zst"):
        with pytest.raises(InputError, match="no such file"):
            read(tmp_path, nothing)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no submission dump"):
        read(tmp_path, tmp_path / "empty")


def test_files_of_one_name_are_told_apart_in_the_ledger(tmp_path, dump):
    paths = [dump(f"{year}/posts.ndjson", ndjson(post(year, "pics"))) for year in (2020, 2021)]
    _, ledger, _ = read(tmp_path)
    assert ledger == {(path.as_posix(), "other_subreddit", 0): 1 for path in paths}


def test_processes_change_nothing_but_the_time(tmp_path, dump):
    for number in range(4):
        shared = post(7, title=f"in file {number}")
        records = [post(1000 * number + n, "AskHR" if n % 3 else "pics") for n in range(300)]
        dump(f"RS_{number}.zst", zst(ndjson(*records, shared, "oops")))
    tables = []
    for processes in (1, 3):
        read(tmp_path, processes=processes)
        tables.append([(tmp_path / "out" / f"{table}.parquet").read_bytes() for table in ("posts", "ledger")])
    assert tables[0] == tables[1]


def test_an_error_in_a_worker_process_reaches_the_user_whole(tmp_path, dump):
    dump("a.ndjson", ndjson(*TEN))
    path = dump("b.ndjson", b"no\n" * 1000)
    with pytest.raises(InputError) as caught:
        read(tmp_path, processes=2)
    assert caught.value.where == str(path)
    assert caught.value.remedy


records = st.lists(
    st.one_of(
        st.builds(post, st.integers(0, 20), st.sampled_from(["AskHR", "frugal", "pics", "news"])),
        st.sampled_from(
            ["", "   ", "{", '{"subreddit":"AskHR"}', "null", '{"a":{"subreddit":"AskHR"}}', "{}"]
        ),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(lines=records, chunk=st.integers(1, 400), end=st.booleans(), sort=st.booleans())
def test_chunks_of_any_size_give_what_parsing_every_line_gives(tmp_path_factory, lines, chunk, end, sort):
    data = ndjson(post(1000), *lines, sort=sort)
    data = data if end else data[:-1]
    folder = tmp_path_factory.mktemp("dump")
    with pytest.MonkeyPatch.context() as patch, parts.PartWriter(folder / "part.parquet") as writer:
        patch.setattr(writer, "_flush", lambda: None)
        reader = scan._Lines(folder, "a", WANTED, writer)
        for at in range(0, len(data), chunk):
            reader.feed(data[at : at + chunk])
        reader.close(None)
        rows, writer._rows = writer._rows, []
    wanted, bad = [], 0
    for number, text in enumerate(data.decode().split("\n"), 1):
        try:
            raw = json.loads(text)
        except ValueError:
            bad += bool(text.strip())
            continue
        if isinstance(raw, dict) and "title" in raw and raw["subreddit"].lower() in WANTED.subreddits:
            wanted.append((raw["id"], number))
    assert [(row["post_id"], line) for row, line in zip(rows, writer.lines, strict=True)] == wanted
    assert reader.records == sum(bool(text.strip()) for text in data.decode().split("\n"))
    tally = reader.tally.rows()
    assert reader.records == len(rows) + sum(row["count"] for row in tally)
    assert sum(row["count"] for row in tally if row["reason"] in ("bad_json", "truncated")) == bad


@pytest.mark.parametrize("chunk", [50, 1000, 1 << 20])
def test_the_stream_is_the_file_whatever_the_size_of_chunks(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(stream, "CHUNK_BYTES", chunk)
    data = random.Random(3).randbytes(5000) * 20
    for name, packed in (
        ("a", data),
        ("a.gz", gzip.compress(data)),
        ("a.zst", zst(data[:999]) + zst(data[999:])),
    ):
        path = tmp_path / name
        path.write_bytes(packed)
        taken = []
        assert b"".join(stream.decompressed(local(path), taken.append)) == data
        assert sum(taken) == len(packed)


def test_a_reader_that_gives_up_does_not_leave_its_thread_behind(tmp_path):
    path = tmp_path / "a.zst"
    path.write_bytes(zst(random.Random(4).randbytes(1 << 20) * 100))
    chunks = stream.decompressed(local(path), lambda count: None)
    next(chunks)
    chunks.close()  # returns only when the thread has ended
    assert next(stream.decompressed(local(path), lambda count: None))


def test_a_highly_compressed_file_does_not_come_in_one_piece(tmp_path):
    path = tmp_path / "a.zst"
    path.write_bytes(zst(b"\0" * (1 << 29)))
    assert max(map(len, stream.decompressed(local(path), lambda count: None))) < 64 << 20


def test_the_dump_of_the_sample_is_read(root, tmp_path):
    posts, ledger, _ = read(tmp_path, root / "data/sample/posts.ndjson.zst", wanted=Wanted({}))
    assert len(posts) == 0
    assert sum(ledger.values()) >= 100


def test_real_api_objects_pass_as_a_dump(reference, tmp_path):
    wanted = Wanted({"amitheasshole": "AmItheAsshole"})
    files = sorted((reference / "reddit").glob("api_*.jsonl"))
    posts, ledger, outcome = read(tmp_path, *files, wanted=wanted)
    assert outcome.records == 450
    assert outcome.reasons["other_subreddit"] == 150
    ids = [json.loads(line)["id"] for line in files[0].open()]
    assert sorted(posts["post_id"]) == sorted(set(ids))
    assert sum(count for (_, reason, _), count in ledger.items() if reason == "duplicate_id") == 300 - len(
        posts
    )


def settings_of(root, **scrape):
    raw = yaml.safe_load((root / "params.yaml").read_text())
    dates = {"first": "2020-01-03", "last": "2024-12-31"}
    return params.parse(raw | {"scrape": scrape, "dates": dates, "score": {"min": 2}}, where="test")


def test_the_archive_source_takes_subreddits_dates_and_scores_from_params(root, tmp_path, dump):
    days = ("2020-01-02T23:59:59", "2020-01-03T00:00:00", "2024-12-31T23:59:59", "2025-01-01T00:00:00")
    seconds = [int(dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC).timestamp()) for day in days]
    folder = dump(
        "a.ndjson", ndjson(*(post(n + 5, created_utc=at) for n, at in enumerate(seconds)), post(1))
    ).parent
    outcome = scrape(settings_of(root, source="archive", archive={"paths": [str(folder)]}), tmp_path)
    assert read_table(Posts, tmp_path / "posts.parquet")["post_id"].to_list() == ["p6", "p7"]
    assert (outcome.records, outcome.reasons) == (5, {"outside_dates": 2, "outside_score": 1})


def test_the_sample_source_leaves_dates_and_scores_to_the_filter(root, tmp_path, dump):
    path = dump("sample.ndjson.zst", zst(ndjson(post(1, created_utc=1100000000 + 10**8), post(2, "pics"))))
    outcome = scrape(settings_of(root, source="sample", sample={"dump": str(path)}), tmp_path)
    assert (outcome.posts, outcome.reasons) == (1, {"other_subreddit": 1})


def test_a_source_without_any_wanted_post_is_one_readable_error(root, tmp_path, dump):
    path = dump("a.ndjson", ndjson(post(1, "pics"), post(2, "news")))
    with pytest.raises(InputError, match="2 other_subreddit"):
        scrape(settings_of(root, source="archive", archive={"paths": [str(path)]}), tmp_path)


def test_the_tables_are_what_later_stages_scan(root, tmp_path, dump):
    dump("a.ndjson", ndjson(*TEN, TEN[1]))
    read(tmp_path)
    assert scan_table(Posts, tmp_path / "out" / "posts.parquet").collect().height == 5


def test_what_a_killed_run_left_is_cleared(tmp_path, dump):
    dump("a.ndjson", ndjson(*TEN))
    left = tmp_path / "out" / ".parts" / "00000.parquet"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half a file")
    assert len(read(tmp_path)[0]) == 5


def test_pages_about_a_folder_are_no_records(tmp_path, dump):
    dump("a.ndjson", ndjson(*TEN))
    dump("README.md", b"what lies here")
    dump(".gitkeep", b"")
    dump("notes.txt", b"what we thought")
    _, ledger, outcome = read(tmp_path)
    assert {source.rsplit("/")[-1] for source, reason, _ in ledger if reason == "file_not_read"} == {
        "notes.txt"
    }
    assert outcome.records == 11
