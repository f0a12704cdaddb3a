"""inspect_ai and lm-evaluation-harness in their own environment, on the tasks of a release and a loopback model."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from services.chat import ChatServer

BIN = Path(__file__).resolve().parents[2] / ".venv-evaluators/bin"

INSPECT = """
import json, sys
from inspect_ai import eval
folder, model, logs = sys.argv[1:]
out = {}
for name in ("valact_selection", "valact_default"):
    log = eval(f"{folder}/evaluators/inspect_tasks.py@{name}", model=model, log_dir=logs, display="none")[0]
    assert log.status == "success", log.error
    out[name] = {key: metric.value for score in log.results.scores for key, metric in score.metrics.items()}
print(json.dumps(out))
"""

# The program as it is, but for the thousands of tasks that come with it: to look through them takes longer than to run
# ours.
LM_EVAL = """
import functools
from lm_eval.__main__ import cli_evaluate
from lm_eval.tasks import TaskManager
TaskManager.__init__ = functools.partialmethod(TaskManager.__init__, include_defaults=False)
cli_evaluate()
"""


def harness(
    folder: Path, home: Path, chat: ChatServer | None, *command: str
) -> subprocess.CompletedProcess[str]:
    server = (
        {"LOOP_BASE_URL": chat.base_url, "LOOP_API_KEY": "none", "OPENAI_API_KEY": "none"} if chat else {}
    )
    environment = {"HF_HOME": str(home / "hf"), "HF_HUB_OFFLINE": "1", "XDG_DATA_HOME": str(home), **server}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"  # what lies in the release is the test's business
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=home,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def lm_eval(
    folder: Path, home: Path, chat: ChatServer | None, tasks: str = "valact"
) -> subprocess.CompletedProcess[str]:
    """Runs these tasks of a release, or of a copy of it; results and samples come to lie in ``home``/out."""
    address = f"{chat.base_url}/chat/completions" if chat else "http://127.0.0.1:9/v1"
    return harness(
        folder,
        home,
        chat,
        *("python", "-c", LM_EVAL),
        *("--model", "local-chat-completions"),
        *("--model_args", f"model=m,base_url={address},num_concurrent=4,max_retries=1"),
        *("--tasks", tasks),
        *("--include_path", str(folder / "evaluators")),
        *("--output_path", str(home / "out")),
        "--log_samples",
        "--apply_chat_template",
    )
