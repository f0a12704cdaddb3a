"""Runs every benchmark, one after the other."""

import subprocess
import sys

for name in (
    "archive",
    "engine",
    "limits",
    "kills",
    "bill",
    "llmock",
    "administer",
    "annotation",
    "analysis",
    "masking",
    "published",
    "rehearsal",
):
    print(f"== {name}", flush=True)
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
