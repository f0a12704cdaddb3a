"""What a run needs of its params: posts, answers, models, keys."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from pipeline.core.errors import ValActError
from pipeline.core.invariants import given
from pipeline.cost.estimate import estimate
from pipeline.doctor import mounts
from pipeline.doctor import online as asking
from pipeline.doctor.check import Check, guarded, problem
from pipeline.doctor.machine import disk
from pipeline.engine import endpoints, prices, registry, transcripts
from pipeline.engine.endpoints import Endpoint
from pipeline.engine.store import Store
from pipeline.params import Params
from pipeline.params.common import Common
from pipeline.recipe import VALACT, Recipe


def checks(*, online: bool, today: dt.date, recipe: Recipe = VALACT) -> Iterator[Check]:
    """All of them; a params.yaml that cannot be used leaves nothing else to look at."""
    try:
        params = recipe.load()
    except ValActError as error:
        yield problem("params", error)
        return
    yield Check("params", "ok", f"profile {params.profile}")
    if isinstance(params, Params):
        yield from guarded("source", _source(params, online=online))
        yield from guarded("authored", _authored(params))
    yield from guarded("store", _store(params))
    yield from guarded("models", _models(recipe, params, online=online, today=today))
    yield from asking.label_studio(online=online)
    yield from _hugging_face()


def _authored(params: Params) -> Iterator[Check]:
    """The files of scenarios that were written for the study, where params name some; and a place for them."""
    if not params.scrape.authored.paths:
        return
    from pipeline.reddit.dumps import expand
    from pipeline.release.markdown import count
    from pipeline.scrape.sources.authored import homes

    files = [file for path in params.scrape.authored.paths for file in expand(path)]
    places = ", ".join(homes(params).values())
    yield Check("authored", "ok", f"{count(len(files), 'file')} of authored scenarios, as {places}")


def _source(params: Params, *, online: bool) -> Iterator[Check]:
    source = params.scrape.source
    if source in ("sample", "archive"):
        sample = source == "sample"
        yield from _dumps(
            source, [params.scrape.sample.dump] if sample else params.scrape.archive.paths, online=online
        )
        return
    if source == "authored":
        return
    if source == "table":
        from pipeline.reddit.dumps import expand

        files = [file for path in params.scrape.table.paths for file in expand(path)]
        yield Check("source", "ok", f"{len(files):,} tables of one's own")
        return
    from pipeline.reddit.client import Client

    Client(params.scrape.praw.site)
    if source == "ids":
        from pipeline.reddit.ids import read_ids

        ids, _ = read_ids(Path(given(params.scrape.ids.file, "scrape.ids.file")))
        yield Check("source", "ok", f"{len(ids):,} ids in {params.scrape.ids.file}; Reddit's keys are set")
    else:
        yield Check("source", "ok", "Reddit's keys are set")


def _dumps(source: str, paths: Sequence[str], *, online: bool) -> Iterator[Check]:
    from pipeline.reddit import remote
    from pipeline.reddit.dumps import find_dumps

    there = [path for path in paths if not remote.is_address(path)]
    elsewhere = [path for path in paths if remote.is_address(path)]
    for address in elsewhere:
        remote.check(address)
    if looked_at := [*there, *(elsewhere if online else [])]:
        dumps, _ = find_dumps(looked_at)
        size = sum(dump.file.size for dump in dumps)
        yield Check("source", "ok", f"{source}: {len(dumps):,} dumps of {size / 2**20:,.1f} MiB")
    if elsewhere and not online:
        yield Check("source", "note", f"{', '.join(elsewhere)}: not looked at; `valact doctor --online` does")


def _store(params: Common) -> Iterator[Check]:
    path, folder = Path(params.responses.store), Path(params.responses.transcripts)
    if path.exists():
        with closing(Store(path)) as store:
            (answers,) = next(store.rows("SELECT count(*) FROM answers"))
        yield Check(
            "store", "ok", f"{answers:,} recorded answers in {path}; `valact responses verify` looks at each"
        )
    else:
        yield Check("store", "ok", f"nothing recorded in {path} yet")
    if (index := transcripts.open_index(folder, beside=path)) is not None:
        with closing(index):
            (answers,) = next(index.rows("SELECT count(*) FROM answers"))
        yield Check("store", "ok", f"{answers:,} recorded answers in the transcripts of {folder}")
    yield from _local(path)
    elsewhere = path.parent.exists() and path.parent.stat().st_dev != Path.cwd().stat().st_dev
    if elsewhere:
        yield from disk(path.parent, f"the answers in {path.parent}")


def _local(path: Path) -> Iterator[Check]:
    """The store's log is shared by way of memory, and its locks are those of files: both need one machine."""
    name = mounts.kind(path)
    if mounts.is_shared(name):
        yield Check(
            "store",
            "problem",
            f"{path} lies on {name}, which several machines share: SQLite's write-ahead log and its locks are not "
            "safe there, and answers that were paid for can be lost",
            "name a file on a disk of this machine in responses.store; `valact responses merge` joins the stores of "
            "several machines",
        )


ONLY_ADMINISTER = "only stage administer asks it, which `dvc repro release` does without"


def _models(recipe: Recipe, params: Common, *, online: bool, today: dt.date) -> Iterator[Check]:
    lines = estimate(params, recipe=recipe).lines
    for name in dict.fromkeys(line.name for line in lines):
        mine = [line for line in lines if line.name == name]
        calls = sum(line.most for line in mine)
        model, what = params.models[name], f"models.{name}"
        if not mine[0].live:
            missing = sum(line.most for line in mine if not line.assumed)
            if missing:
                remedy = "`dvc repro` lists them; set another provider, or responses.mode: live, to have them asked"
                yield Check(
                    what, "problem", f"{missing:,} recorded answers are missing, and nobody is asked", remedy
                )
            else:
                yield Check(what, "ok", "recorded answers only")
            continue
        endpoint = endpoints.resolve(name, model)
        for check in guarded(what, _key(what, endpoint, calls)):
            later = (
                recipe is VALACT
                and check.state == "problem"
                and {line.stage for line in mine if line.most} == {"administer"}
            )
            yield check._replace(found=f"{check.found}; {ONLY_ADMINISTER}") if later else check
        listed = None
        if online and os.environ.get(f"{endpoint.variable}_API_KEY", "").strip():
            answers = [list(guarded(what, asking.models(what, one))) for one in endpoint.each()]
            yield from (check for one in answers for check in one)
            listed = any(one[0].state == "ok" for one in answers)
        if calls:
            yield from _facts(params, endpoint, today, listed=listed)


def _key(what: str, endpoint: Endpoint, calls: int) -> Iterator[Check]:
    if not calls:
        yield Check(what, "ok", f"{endpoint.model}: every answer is recorded, no key is needed")
        return
    endpoint.api_key()
    place = f"{len(endpoint.servers):,} servers" if endpoint.servers else endpoint.base_url
    text = f"{endpoint.model} at {place}, key set, up to {calls:,} calls ahead"
    yield Check(what, "ok", text)


def _facts(params: Common, endpoint: Endpoint, today: dt.date, *, listed: bool | None) -> Iterator[Check]:
    """What the registry and the price list say of a model that has to be asked; ``listed`` is what its server
    says, None where nobody asked. A model that its vendor has shut down may still be served by somebody else.
    """
    what, provider, model = f"models.{endpoint.name}", endpoint.provider, endpoint.model
    facts = registry.known(provider, model)
    if notice := registry.warning(provider, model, today):
        gone = registry.is_shut_down(provider, model, today) and not listed
        remedy = (
            "name another model, or a server that still has it" if gone else "finish the run before that day"
        )
        yield Check(what, "problem" if gone else "warning", notice, remedy)
    if facts is not None and facts.snapshot:
        remedy = f"name {facts.snapshot}, so that a later run asks the same model"
        yield Check(what, "warning", f"{facts.vendor} may point {model} to another model at any time", remedy)
    if facts is not None and facts.strict_schema is False and endpoint.strict:
        remedy = f"set {what}.strict_schema: false"
        yield Check(what, "warning", f"{facts.vendor} does not enforce JSON schemas for {model}", remedy)
    if facts is None:
        yield Check(what, "note", f"{model} is not in {registry.FILE.name}: nobody watches its shutdown date")
    if prices.Book(params.models).of(provider, model) is None:
        capped = params.responses.budget_usd is not None
        yield Check(
            what,
            "problem" if capped else "note",
            f"the price of {model} is not known",
            f"set {what}.price, or responses.budget_usd: null" if capped else None,
        )


def _hugging_face() -> Iterator[Check]:
    from huggingface_hub import get_token

    if get_token():
        yield Check("Hugging Face", "ok", "a token is set")
    else:
        yield Check(
            "Hugging Face", "note", "no token; only publishing needs one (HF_TOKEN or `hf auth login`)"
        )
