"""A month's bill: 20,000 priced requests through every fault, by four processes that are killed and interrupted; and
the same under a cap.

python -m benchmarks.bill [--requests 20000] [--ends 30] [--to benchmarks/results/bill.json]
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from services.bill import run


@click.command()
@click.option("--requests", default=20_000, show_default=True)
@click.option("--ends", default=30, show_default=True, help="Processes that are killed, or interrupted.")
@click.option("--to", default="benchmarks/results/bill.json", show_default=True, type=Path)
def main(requests: int, ends: int, to: Path) -> None:
    os.environ["OPENAI_API_KEY"] = "loopback"
    results = []
    # A request costs about a tenth of a cent: the cap lets a third of them through.
    for cap in (None, Decimal(requests) / 3000):
        with tempfile.TemporaryDirectory(prefix="valact-bill-") as folder:
            results.append(run(Path(folder), requests, ends, cap=cap))
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    click.echo(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
