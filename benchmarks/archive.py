"""Archive scan against ``zstd -dc FILE > /dev/null``, on the same long-window dump in the same run.

    python -m benchmarks.archive [--gigabytes 3] [--rounds 3] [--to benchmarks/results/archive.json]

The dump is synthetic: about 3.3 kB and a hundred fields a line as in a monthly dump of 2023, invented text,
20 % of the lines in wanted subreddits, one Zstandard frame with a window of 2 GiB. Real submissions decompress
about as fast (2.4 GB/s in memory at level 3, these 2.3). The scan is a fresh process each time, and its time
runs from its start to posts.parquet and ledger.parquet. The two take turns, and the scan needs two free cores: a
round in which others kept a core busy says little.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import zstandard

from pipeline.reddit import archive
from pipeline.reddit.parts import PARTS, join, workspace
from pipeline.reddit.scan import Wanted

WANTED = ("careerguidance", "AskHR", "personalfinance", "Frugal", "GradSchool", "college", "relationships")
WANTED_SHARE = 0.2
WINDOW_LOG = 31
SEED = 20230301


# Fields of a 2023 dump by what they mostly hold. "Mostly": a number or flag that varied in a real dump varies
# here, because long runs of the very same bytes would make decompression unrealistically fast.
NULLS = (
    "approved_at_utc approved_by author_flair_background_color author_flair_template_id banned_at_utc "
    "banned_by category content_categories discussion_type likes media mod_note mod_reason_by "
    "mod_reason_title num_reports removal_reason removed_by report_reasons secure_media top_awarded_type "
    "view_count"
).split()
FLAGS = (
    "allow_live_comments archived author_is_blocked author_patreon_flair author_premium can_gild "
    "can_mod_post clicked contest_mode edited hidden hide_score is_created_from_ads_ui is_crosspostable "
    "is_meta is_original_content is_reddit_media_domain is_robot_indexable is_video locked media_only "
    "no_follow over_18 pinned quarantine saved send_replies spoiler stickied visited"
).split()
EMPTY = [
    "all_awardings",
    "author_flair_richtext",
    "awarders",
    "link_flair_richtext",
    "mod_reports",
    "treatment_tags",
    "user_reports",
]
NUMBERS = (
    "author_created_utc downs gilded num_comments num_crossposts pwls retrieved_utc score "
    "subreddit_subscribers thumbnail_height thumbnail_width total_awards_received ups upvote_ratio wls"
).split()
WORDS = [
    "author_flair_css_class",
    "author_flair_text",
    "author_flair_text_color",
    "link_flair_css_class",
    "link_flair_text",
    "link_flair_text_color",
    "parent_whitelist_status",
    "post_hint",
    "removed_by_category",
    "suggested_sort",
    "whitelist_status",
]


def template() -> str:
    """A submission as a ``%``-format: about a hundred fields in the dump's alphabetical order, values invented."""
    picture = {
        "height": "@NUMBER@",
        "url": "https://preview.example.org/@TOKEN@.jpg?width=640&crop=smart",
        "width": 640,
    }
    images = {"id": "@TOKEN@", "resolutions": [picture] * 2, "source": picture}
    fields: dict[str, Any] = dict.fromkeys(NULLS) | {key: [] for key in EMPTY}
    fields |= (
        dict.fromkeys(FLAGS, "@FLAG@") | dict.fromkeys(NUMBERS, "@NUMBER@") | dict.fromkeys(WORDS, "@WORD@")
    )
    fields |= {
        "author": "@NAME@",
        "author_flair_type": "text",
        "author_fullname": "t2_@NAME@",
        "created": "@TIME@",
        "created_utc": "@TIME@",
        "domain": "self.@SUBREDDIT@",
        "gildings": {},
        "id": "@ID@",
        "is_self": "@SELF@",
        "link_flair_background_color": "#dadada",
        "link_flair_template_id": "@TOKEN@",
        "link_flair_type": "text",
        "media_embed": {},
        "name": "t3_@ID@",
        "permalink": "/r/@SUBREDDIT@/comments/@ID@/@SLUG@/",
        "preview": {"enabled": False, "images": [images]},
        "secure_media_embed": {},
        "selftext": "@BODY@",
        "subreddit": "@SUBREDDIT@",
        "subreddit_id": "t5_@NUMBER@",
        "subreddit_name_prefixed": "r/@SUBREDDIT@",
        "subreddit_type": "public",
        "thumbnail": "https://thumbs.example.org/@TOKEN@.jpg",
        "title": "@TITLE@",
        "url": "https://www.example.org/r/@SUBREDDIT@/comments/@ID@/@SLUG@/",
    }
    text = json.dumps(dict(sorted(fields.items())), separators=(",", ":")).replace("%", "%%")
    text = re.sub(r'"@(FLAG|NUMBER|SELF|TIME|WORD)@"', r"@\1@", text)
    count = itertools.count()
    text = re.sub(r"@(FLAG|NUMBER|TOKEN|WORD)@", lambda found: f"%({found[1]}{next(count)})s", text)
    return re.sub(r"@([A-Z]+)@", r"%(\1)s", text) + "\n"


def lines(total: int) -> Iterator[bytes]:
    """Synthetic dump lines until ``total`` bytes are reached."""
    draw = random.Random(SEED)
    words = ["".join(draw.choices("etaoinshrdlucmfwypvbgk", k=draw.randint(2, 9))) for _ in range(20_000)]
    cumulative = list(itertools.accumulate(1 / rank for rank in range(1, len(words) + 1)))
    others = [f"subreddit{number}" for number in range(5_000)]
    line = template()
    varying = re.findall(r"%\(((?:FLAG|NUMBER|TOKEN|WORD)\d+)\)", line)
    flags, labels = ("false",) * 15 + ("true",), ("null",) * 6 + tuple(f'"{word}"' for word in words[:10])
    written = number = 0
    while written < total:
        wanted = draw.random() < WANTED_SHARE
        text = draw.choices(
            words, cum_weights=cumulative, k=draw.randint(60, 240) if wanted else draw.randint(8, 28)
        )
        values = {
            "ID": _base36(36**6 + number),
            "NAME": _base36(draw.getrandbits(50)),
            "TIME": 1677628800 + number % 2_678_400,
            "SELF": "true" if wanted else "false",
            "SUBREDDIT": draw.choice(WANTED if wanted else others),
            "TITLE": " ".join(text[:8]),
            "SLUG": "_".join(text[:8]),
            "BODY": " ".join(text[8:]),
        }
        bits = draw.getrandbits(64 * len(varying))
        for name in varying:
            bits, some = bits >> 64, bits & 0xFFFFFFFFFFFFFFFF
            if name[0] == "F":
                values[name] = flags[some & 15]
            elif name[0] == "N":
                values[name] = some >> 54 if some & 1 else 0
            elif name[0] == "W":
                values[name] = labels[some & 15]
            else:
                values[name] = f"{some:016x}"
        data = (line % values).encode()
        written += len(data)
        number += 1
        yield data


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


def write_dump(path: Path, total: int) -> None:
    """Writes one frame with a 2 GiB window, ``total`` bytes uncompressed."""
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=WINDOW_LOG, enable_ldm=True)
    with (
        path.open("wb") as file,
        zstandard.ZstdCompressor(compression_params=parameters).stream_writer(file) as out,
    ):
        for line in lines(total):
            out.write(line)


def timed(command: list[str]) -> dict[str, float]:
    """One process, run to success: seconds, processor seconds, largest memory, and the cores that others kept busy."""
    start, busy = time.perf_counter(), busy_seconds()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command[0]} failed: status {os.waitstatus_to_exitcode(status)}")
    seconds, cpu = time.perf_counter() - start, usage.ru_utime + usage.ru_stime
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "peak_mb": round(usage.ru_maxrss * 1024 / 1e6),
        "cores_busy_elsewhere": round(max(0.0, busy_seconds() - busy - cpu) / seconds, 1),
    }


def busy_seconds() -> float:
    """Processor seconds that this machine has worked since it was started (Linux)."""
    user, nice, system, _, _, *rest = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:])
    return (user + nice + system + sum(rest[:3])) / os.sysconf("SC_CLK_TCK")


def scan(dump: str, out: str) -> None:
    """What is measured: the archive source on one file."""
    wanted = Wanted({name.lower(): name for name in WANTED})
    with workspace(Path(out) / PARTS) as work:
        parts, ledger = archive.read([dump], wanted, work, processes=1)
        outcome = join(parts, ledger, Path(out))
    assert outcome.records == outcome.posts + sum(outcome.reasons.values())


def measure(gigabytes: float, rounds: int) -> dict[str, Any]:
    """Writes a dump, then times both, turn by turn."""
    with tempfile.TemporaryDirectory(prefix="valact-benchmark-") as folder:
        dump = Path(folder) / "RS_2023-03.zst"
        # A process starts with the peak memory of the one that made it, so this one stays small.
        me = [sys.executable, "-m", "benchmarks.archive"]
        subprocess.run([*me, "--gigabytes", str(gigabytes), "--write", str(dump)], check=True)
        zstd, ours = [], []
        for _ in range(rounds):
            zstd.append(timed(["zstd", "-dcq", f"--long={WINDOW_LOG}", str(dump)]))
            ours.append(timed([*me, "--scan", str(dump), folder]))
        best = {name: min(run["seconds"] for run in runs) for name, runs in (("zstd", zstd), ("scan", ours))}
        return {
            "gigabytes": gigabytes,
            "compressed_bytes": dump.stat().st_size,
            "window_bytes": zstandard.get_frame_parameters(dump.read_bytes()[:18]).window_size,
            "posts_taken": pq.read_metadata(Path(folder) / "posts.parquet").num_rows,
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
            "rounds": [{"zstd": a, "scan": b} for a, b in zip(zstd, ours, strict=True)],
            "best_seconds": best,
            "share_of_zstd_speed": round(best["zstd"] / best["scan"], 2),
            "peak_mb_above_window": round(max(run["peak_mb"] for run in ours) - 2**WINDOW_LOG / 1e6),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=3.0, help="size of the dump, uncompressed")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--to", type=Path, default=Path("benchmarks/results/archive.json"))
    parser.add_argument("--scan", nargs=2, metavar=("DUMP", "FOLDER"), help="only scan: a run to be measured")
    parser.add_argument("--write", metavar="DUMP", help="only write the dump")
    arguments = parser.parse_args()
    if arguments.scan:
        return scan(*arguments.scan)
    if arguments.write:
        return write_dump(Path(arguments.write), int(arguments.gigabytes * 1e9))
    if not shutil.which("zstd"):
        raise SystemExit("the zstd program is needed to measure against: install the package 'zstd'")
    result = measure(arguments.gigabytes, arguments.rounds)
    arguments.to.parent.mkdir(parents=True, exist_ok=True)
    arguments.to.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"{'':8}{'seconds':>10}{'CPU s':>10}{'peak MB':>10}{'others':>10}")
    for name in ("zstd", "scan"):
        for run in (entry[name] for entry in result["rounds"]):
            print(
                f"{name:8}{run['seconds']:>10.2f}{run['cpu_seconds']:>10.2f}{run['peak_mb']:>10.0f}"
                f"{run['cores_busy_elsewhere']:>10.1f}"
            )
    print(
        f"best against best: {result['share_of_zstd_speed']:.2f} of zstd's speed, "
        f"{result['peak_mb_above_window']} MB above the window"
    )
    return None


if __name__ == "__main__":
    main()
