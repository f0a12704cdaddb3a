"""Fuzz targets: everything that reads what others made, fed with damaged examples of it.

    python -m benchmarks.fuzz --seconds 600 [TARGET...]

Each target takes bytes and may end in a ValActError, which is a message, or in nothing. Anything else is a defect, and
printed with the bytes that brought it about. Inputs are examples with bytes flipped, cut, doubled and replaced by what
readers stumble over, drawn from a seed; the suite gives each target a number of them (tests/test_fuzz.py).
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path

from pipeline.core.errors import ValActError
from services.fuzz_targets import targets

# What readers stumble over.
TOKENS = [
    *(
        b"[" * 3000,
        b'{"a":' * 3000,
        b"9" * 5000,
        b"1e999",
        b"NaN",
        b"null",
        b"true",
        b"-0",
        b'"',
        b"\\",
        b"\\u0000",
    ),
    *(
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\x1b]52;c;YQ==\x07",
        "\u202e".encode(),
        b"\r",
        b"\n",
    ),
    *(
        b"../../../x",
        b"/etc/passwd",
        b"&a [*a]",
        b"!!python/object:os.system",
        b"=1+1",
        b",",
        b";",
        b"\t",
        b"'",
        b"--",
    ),
    *(b"</post>", b"x" * 40_000, "١٢".encode(), b"2026-13-45", b"287168-01-01", b"[]", b"{}", b"()" * 2000),
]


def damaged(seed: bytes, draw: random.Random) -> bytes:
    """The seed with one to four things done to it."""
    data = bytearray(seed)
    for _ in range(draw.randint(1, 4)):
        at, to = sorted(draw.randrange(len(data) + 1) for _ in range(2))
        to = min(to, at + draw.choice((1, 8, 200)))
        match draw.randrange(5):
            case 0:
                data[at:to] = bytes(draw.randrange(256) for _ in range(to - at))
            case 1:
                del data[at:to]
            case 2:
                data[at:at] = data[at:to] * draw.choice((1, 2, 50))
            case _:
                data[at:to] = draw.choice(TOKENS)
    return bytes(data)


def fuzz(
    name: str, seconds: float, seed: int = 0, most: int | None = None
) -> tuple[int, list[tuple[bytes, str]]]:
    """How many inputs a target was given in that time, and the defects: the input and its traceback."""
    target, made = targets()[name]
    seeds = made() if callable(made) else made
    draw, ends, count = random.Random(f"{name} {seed}"), time.monotonic() + seconds, 0
    defects: list[tuple[bytes, str]] = []
    while time.monotonic() < ends and len(defects) < 3 and (most is None or count < most):
        data = damaged(draw.choice(seeds), draw)
        count += 1
        with tempfile.TemporaryDirectory() as folder:
            try:
                target(data, Path(folder))
            except ValActError:
                continue
            except Exception:
                defects.append((data, traceback.format_exc()))
    return count, defects


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names", nargs="*", metavar="TARGET", help=f"of {', '.join(targets())}; all where none is named"
    )
    parser.add_argument("--seconds", type=float, default=10, help="a target")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    found = 0
    for name in asked.names or targets():
        count, defects = fuzz(name, asked.seconds, asked.seed)
        found += len(defects)
        print(f"{name:12} {count:10,} inputs, {len(defects)} defects", flush=True)
        for data, trace in defects:
            print(f"{data[:400]!r}\n{trace}")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
