"""`valact release`: publishing, fetching and comparing versions of the data set."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from pipeline import params as settings
from pipeline.commands import published
from pipeline.commands.recipe_option import recipe_option
from pipeline.core import extras
from pipeline.core.errors import CredentialsError, InputError, ValActError
from pipeline.core.visible import visible
from pipeline.recipe import Recipe

if TYPE_CHECKING:
    from pipeline.publish.target import Publishes


@click.group()
def release() -> None:
    """Versions of the data set: what changed, what is published."""


@release.command()
@click.argument("old")
@click.argument("new", required=False)
@recipe_option
@click.option(
    "--check", is_flag=True, help="Also fail where NEW's version number is too low for what changed."
)
def diff(old: str, new: str | None, check: bool, recipe: Recipe) -> None:
    """What changed from OLD to NEW, each a folder, OWNER/NAME or OWNER/NAME@TAG; without NEW the release built
    here.

    Counts rows that came, went and changed in each config, and says which step of the version they demand.
    """
    from pipeline.hydrate.source import locate
    from pipeline.release import versions
    from pipeline.release.changes import compare

    before, after = locate(old), locate(new) if new else published.built(recipe).folder
    changes = compare(before, after, published.of_both(before, after).dataset)
    click.echo(visible(versions.section(changes)))
    click.echo(f"\nThis demands a {versions.demanded(changes)} version.")
    if check:
        versions.check(changes)


@release.command()
@click.argument("version")
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    help="Folder; TAG in data/previous, or lens/data/previous, where nothing is said.",
)
def fetch(version: str, to: Path | None) -> None:
    """Downloads a published version, OWNER/NAME@TAG, for `release.previous`."""
    from pipeline.core.atomic import replacing
    from pipeline.hydrate.source import locate, revision

    tag, found = revision(version), locate(version)
    dataset = published.of(found).dataset
    named, previous = f"v{dataset.read(found).version}", dataset.data / "previous"
    if tag is not None and tag != named:
        raise InputError(
            f"its release.json says that it is {named}, and {f'{tag} was' if tag else 'no tag was'} asked for",
            where=version,
            remedy="name the tag of a version, OWNER/NAME@v1.0.0; a release under another version's tag is not to "
            "be used",
        )
    target = to or previous / named
    if to is None and target.resolve().parent != previous.resolve():
        raise InputError(f"not a folder directly below {previous}", where=str(target), remedy="give --to")
    if target.exists() and to is not None:
        raise InputError("the folder exists already", where=str(target), remedy="name another one")
    with replacing(target) as new:
        shutil.copytree(
            found, new, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".gitattributes", ".cache")
        )
    click.echo(f"{target}: name it in release.previous of {dataset.params_file}")


@release.command()
@recipe_option
@click.option(
    "--settings",
    "change",
    is_flag=True,
    help="Also set visibility and gating of a repository that is there already to those of params.",
)
def publish(change: bool, recipe: Recipe) -> None:
    """Publishes the built release: one commit and one tag on the Hugging Face Hub.

    Nothing else does: `dvc repro` with a token says what would go. The token is HF_TOKEN's, or that of `hf auth login`.
    """
    from huggingface_hub import get_token

    from pipeline.publish import bundle, receipt
    from pipeline.publish.step import ORDER, SETTINGS

    target = published.built(recipe)
    params = cast("Publishes", recipe.load())
    ready = bundle.load(target.folder, params, target)
    if because := bundle.objections(ready, params):
        raise ValActError(f"not published: {'; '.join(because)}", where=str(target.folder))
    token = get_token()
    if not token:
        raise CredentialsError(
            "there is no token for the Hub",
            remedy="set HF_TOKEN, or run `hf auth login`, with a token that may write to release.repository",
        )
    if stale := _out_of_date(target.release_stage):
        raise ValActError(
            f"not published: {', '.join(stale)} would come out otherwise with params, code and inputs as they are now",
            where=str(target.folder),
            remedy=f"run `{target.dataset.rebuild}`, look at the card again, and publish that",
        )
    order = {ORDER: SETTINGS if change else "release", "HF_TOKEN": token}
    done = _dvc("repro", "--single-item", "--force", target.stage, environment=order)
    if done.returncode:
        raise ValActError("not published: the stage says why")
    click.echo(f"{target.receipt}: {receipt.read(target).status}")


@release.command()
@click.argument("repository", required=False)
@click.option("--yes", is_flag=True, help="Do it; without this the command only says what it would do.")
def prune(repository: str | None, yes: bool) -> None:
    """Takes what was taken back out of earlier versions on the Hub (REPOSITORY: that of params).

    Tags of versions that still hold it are deleted, those that stay and the default branch lose their history, and
    large files that nothing names any more are deleted. It cannot be undone. What others downloaded stays with them.
    """
    from huggingface_hub import get_token

    from pipeline import prune as pruning
    from pipeline.publish.hub import connect, readable_errors

    name = repository or settings.load().release.repository
    token = get_token()
    if not token:
        raise CredentialsError(
            "there is no token for the Hub",
            remedy="set HF_TOKEN, or run `hf auth login`, with a token that may write there",
        )
    with readable_errors(name, "run `valact release prune` again: it goes on where it was"):
        remote = connect(name, token)
        todo = pruning.plan(remote)
        click.echo(f"{name}: " + ".\n- ".join(todo.sentences()) + ".")
        if todo.nothing:
            click.echo("\nThere is nothing to do.")
            return
        if not yes:
            click.echo("\nNothing was done; `--yes` does it, and cannot be undone.")
            return
        refused = pruning.carry_out(remote, todo)
    for sentence in refused:
        click.echo(f"- {sentence}")
    click.echo(
        "\nDone. What others downloaded stays with them: CHANGELOG.md tells them which version to take."
    )


def _out_of_date(stage: str) -> list[str]:
    """Stages up to that of the release that `dvc repro` would run."""
    done = _dvc("status", "--json", "--with-deps", stage, capture=True)
    if done.returncode:
        raise ValActError(
            "not published: `dvc status` says why it cannot tell whether the release is up to date"
        )
    return sorted(json.loads(done.stdout))


def _dvc(
    *command: str, environment: dict[str, str] | None = None, capture: bool = False
) -> subprocess.CompletedProcess[str]:
    # DVC calls `python`: it is to be this one, also where its environment is not active.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return subprocess.run(
        [sys.executable, "-m", "dvc", *command],
        env=os.environ | {"PATH": path} | (environment or {}),
        stdout=subprocess.PIPE if capture else None,
        text=True,
        check=False,
    )


@release.command()
@recipe_option
@click.option(
    "--key",
    required=True,
    type=click.Path(path_type=Path),
    help="Your SSH key: the private one, or the .pub of one that your SSH agent or token holds.",
)
def sign(key: Path, recipe: Recipe) -> None:
    """Signs the built release with an SSH key, so that its users can tell it from a forgery.

    The signature goes to data/signatures (lens/data/signatures) and, when the release is published, along with it.
    OpenSSH's ssh-keygen makes it; publish the public key where your users look for it (`valact release verify --key`).
    """
    from pipeline.publish import bundle
    from pipeline.signature import release as signatures

    target = published.built(recipe)
    params = cast("Publishes", recipe.load())
    bundle.verify(bundle.load(target.folder, params, target, signed=False))
    path = signatures.sign(target.folder, key, target.dataset)
    _, signer = signatures.problems(target.folder, path)
    click.echo(f"{path}: signed with {signer}; `valact release publish` takes it along")


@release.command()
@click.argument("release", metavar="[RELEASE]", required=False)
@recipe_option
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    help="Public SSH keys of the makers, one a line (a .pub file): it must be signed by one of them.",
)
def verify(release: str | None, key: Path | None, recipe: Recipe) -> None:
    """Checks RELEASE, a folder, OWNER/NAME or OWNER/NAME@TAG, of either data set; without one that built here: files,
    tables, keys, design, and its documents.

    Prints a line a check and what is wrong; the exit code is 1 where anything is. What passes is consistent: whole, and
    at one with itself. Who made it is what only a signature tells, and only to those who have the makers' --key.
    """
    from pipeline import verify as verification
    from pipeline.hydrate.source import locate
    from pipeline.signature import openssh
    from pipeline.signature import release as signatures
    from pipeline.verify import checksums, documents, hydrated

    keys = openssh.public_keys(key) if key else []
    folder = locate(release) if release else published.built(recipe).folder
    target = published.of(folder)
    results, signer = target.verify(folder), ""
    signature = signatures.of_copy(folder, target.dataset)
    if keys or signature.exists():
        found, signer = signatures.problems(folder, signature, keys)
        results.append(verification.Result("signature", found))
    for result in results:
        told = "ok" if result.passed else "not checked" if result.problems is None else "WRONG"
        click.echo(f"{told:12}{result.name}")
        for problem in (result.problems or [])[: verification.SHOWN]:
            click.echo(f"{'':12}- {visible(problem)}")
        if (more := len(result.problems or []) - verification.SHOWN) > 0:
            click.echo(f"{'':12}- and {more:,} more")
    if left := checksums.left_there(folder):
        shown = ", ".join(map(visible, left[: verification.SHOWN]))
        rest = f" and {len(left) - verification.SHOWN:,} more" if len(left) > verification.SHOWN else ""
        click.echo(f"\nAlso there, no part of the release, and read by nothing: {shown}{rest}.")
    if not extras.is_there(documents.VALIDATOR):
        told = "nobody looked whether croissant.json is valid Croissant"
        click.echo(f"\nNot checked: {told}; {extras.install('verify')} brings what does.")
    failed = [result.name for result in results if not result.passed]
    if failed:
        click.echo(
            f"\nDo not use this copy: {len(failed)} of {len(results)} checks failed ({', '.join(failed)})."
        )
        raise SystemExit(1)
    if hydrated.is_hydrated(folder):
        gone, of = hydrated.missing(folder)
        click.echo(
            f"\nConsistent: {len(results)} checks passed. This is a hydrated copy, which is never passed on: "
            f"{of - gone:,} of {of:,} scenarios have their text."
        )
        return
    click.echo(f"\nConsistent: {len(results)} checks passed. {_authorship(signer, known=bool(keys))}")


def _authorship(signer: str, *, known: bool) -> str:
    """What a copy that passed all checks says of who made it."""
    if known:
        return f"Authentic: signed by a key that you gave, {signer}."
    says = "The copy is whole and agrees with itself; this does not say who made it."
    if signer:
        return f"{says} It is signed with {signer}, which anybody's key may be: give the makers' public key (--key)."
    return f"{says} It is not signed: compare SHA256SUMS with a copy from its makers."
