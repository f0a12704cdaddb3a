"""A run of the engine that is killed again and again: nothing recorded is lost or asked twice, the money is exact.

python -m benchmarks.kills [--requests 20000] [--kills 50] [--to benchmarks/results/kills.json]
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from services.kills import run


@click.command()
@click.option("--requests", default=20_000, show_default=True)
@click.option("--kills", default=50, show_default=True)
@click.option("--to", default="benchmarks/results/kills.json", show_default=True, type=Path)
def main(requests: int, kills: int, to: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="valact-kills-") as folder:
        result = run(Path(folder), requests, kills)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    click.echo(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
