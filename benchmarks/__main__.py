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
    "coverage --quick",
    "foreign --quick",
    "planted --quick",
    "masking",
    "duplicates",
    "published",
    "report",
    "rehearsal",
):
    module, *options = name.split()
    print(f"== {name}", flush=True)
    subprocess.run([sys.executable, "-m", f"benchmarks.{module}", *options], check=True)
