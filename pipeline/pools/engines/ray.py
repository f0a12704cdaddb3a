"""A Ray cluster that is running: one task for each piece of work, nothing that has to be kept alive.

What a lost worker or node was at is done again elsewhere, by Ray. Everything that can be wrong with a cluster is looked
at before the work starts: whether somebody answers at the address, whether every node has this version of the code and
of Python, and whether it sees the project's folder, through which parts come and go.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
import platform
import secrets
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from pipeline.core.entries import PIPELINE
from pipeline.core.errors import InputError, ValActError
from pipeline.core.pool import TRIES, Killed
from pipeline.params.posts import Run
from pipeline.pools.kind import Engine, Work

P = ParamSpec("P")
R = TypeVar("R")

# Seconds for the address to answer, for Ray to be connected, and for the nodes to say what they have.
PROBE, CONNECT, LOOK = 2.0, 6.0, 30.0
WHERE = "run.address"
REMEDY = (
    "give HOST:PORT of a Ray cluster of which this machine is a node (`ray start`, `ray symmetric-run`), or set "
    "run.engine: local"
)


def _open(run: Run, work: Work) -> RayPool:
    # Nobody is told that somebody uses Ray.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    if not ray.is_initialized():
        _answers(run.address)
        _connect(run.address)
    try:
        _check_nodes(Path(run.shared) if run.shared else Path.cwd())
    except BaseException:
        ray.shutdown()
        raise
    return RayPool(work, run.processes)


class RayPool(Executor):
    """Tasks of one processor each; ``most`` of them at a time, 0 for as many as the cluster has room for."""

    def __init__(self, work: Work, most: int = 0) -> None:
        import ray

        # A share of a processor keeps the number down: Ray has no other limit of its own.
        cpus = 1.0 if not most else max(1.0, ray.cluster_resources().get("CPU", 1.0) / most)
        self._task: Any = ray.remote(max_retries=TRIES - 1, num_cpus=cpus, memory=work.memory)(_do)
        self._home = str(Path.cwd())
        self._running: dict[Future[Any], Any] = {}

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        future: Future[R] = Future()
        future.set_running_or_notify_cancel()
        reference = self._task.remote(self._home, fn, args, kwargs)
        self._running[future] = reference
        reference.future().add_done_callback(functools.partial(self._ended, future))
        return future

    def _ended(self, future: Future[Any], done: Future[Any]) -> None:
        self._running.pop(future, None)
        if (error := done.exception()) is None:
            future.set_result(done.result())
        else:
            future.set_exception(_ours(error))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        import ray

        if cancel_futures:
            for reference in list(self._running.values()):
                ray.cancel(reference, force=True)
        elif wait:
            for future in list(self._running):
                future.exception()
        ray.shutdown()


def _do(home: str, fn: Callable[..., R], args: tuple[Any, ...], kwargs: dict[str, Any]) -> R:
    """On a node: paths are relative to the project's folder, where the node sees it."""
    if Path(home).is_dir():
        os.chdir(home)
    return fn(*args, **kwargs)


def _ours(error: BaseException) -> BaseException:
    """The error as the task raised it; Killed where nobody was left to raise one."""
    from ray.exceptions import OutOfMemoryError, RayTaskError, WorkerCrashedError

    if isinstance(error, RayTaskError):
        return error.cause
    if isinstance(error, WorkerCrashedError | OutOfMemoryError):
        return Killed(f"{TRIES} workers were killed over it, most likely because memory ran out")
    return error


def _answers(address: str) -> None:
    """Whether anybody listens there: Ray itself waits for minutes."""
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=PROBE).close()
    except OSError as error:
        raise InputError(f"nobody answers at {address}: {error}", where=WHERE, remedy=REMEDY) from None


def _connect(address: str) -> None:
    """Connects, in a thread, because what answers may be no Ray, and then Ray waits for minutes."""
    import ray

    ended: list[BaseException | None] = []

    def connect() -> None:
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
            ended.append(None)
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(CONNECT)
    if not ended:
        raise InputError(
            f"what answers at {address} is no Ray cluster, or not of this version of Ray ({ray.__version__})",
            where=WHERE,
            remedy=REMEDY,
        )
    if ended[0] is not None:
        raise InputError(
            " ".join(f"Ray cannot be used: {ended[0]}".split()), where=WHERE, remedy=REMEDY
        ) from None


def _check_nodes(shared: Path) -> None:
    """InputError for a node that has another version of something, or does not see the folder for parts."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    token = shared / f".valact-{secrets.token_hex(8)}"
    nodes = {node["NodeID"]: node["NodeManagerHostname"] for node in ray.nodes() if node["Alive"]}
    look = ray.remote(num_cpus=0)(_look)
    try:
        shared.mkdir(parents=True, exist_ok=True)
        token.touch()
    except OSError as error:
        raise InputError(
            f"nothing can be written into {shared} ({error.strerror})",
            where="run.shared",
            remedy="name a folder that this machine and all nodes can write to",
        ) from None
    try:
        asked = {
            node: look.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False)).remote(
                str(token)
            )
            for node in nodes
        }
        for node, reference in asked.items():
            try:
                said = ray.get(reference, timeout=LOOK)
            except Exception:
                # A node that was lost meanwhile has no say; the others do the work.
                if any(other["NodeID"] == node and other["Alive"] for other in ray.nodes()):
                    raise
                continue
            _check(nodes[node], shared, *said)
    except ValActError:
        raise
    except Exception as error:
        raise InputError(
            " ".join(f"a node of the cluster cannot run this project: {error}".split())[:500],
            where=WHERE,
            remedy="install this version of ValAct in the Python of every node",
        ) from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            token.unlink()


def _check(name: str, shared: Path, python: str, code: str, sees: bool) -> None:
    if python != platform.python_version() or code != _code():
        raise InputError(
            f"node {name} has another version: Python {python}, code {code[:12]}; here it is Python "
            f"{platform.python_version()}, code {_code()[:12]}",
            where=WHERE,
            remedy="let all nodes use one environment and one checkout, on a disk that all of them see",
        )
    if not sees:
        raise InputError(
            f"node {name} does not see {shared}",
            where=WHERE,
            remedy="put the project on a disk that all nodes see under one path (the response store elsewhere), or "
            "name a folder there in run.shared",
        )


def _look(token: str) -> tuple[str, str, bool]:
    return platform.python_version(), _code(), Path(token).exists()


@functools.cache
def _code() -> str:
    """A hash of all code of the package."""
    digest = hashlib.sha256()
    for file in sorted(PIPELINE.rglob("*.py")):
        digest.update(f"{file.relative_to(PIPELINE)} {file.stat().st_size} ".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


ENTRY = Engine(meaning="a Ray cluster", open=_open)
