"""`valact release`: publishing, fetching and comparing versions of the data set."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

from pipeline import params as settings
from pipeline.core.errors import CredentialsError, InputError, ValActError
from pipeline.core.visible import visible

PREVIOUS = Path("data/previous")


@click.group()
def release() -> None:
    """Versions of the data set: what changed, what is published."""


@release.command()
@click.argument("old")
@click.argument("new")
@click.option(
    "--check", is_flag=True, help="Also fail where NEW's version number is too low for what changed."
)
def diff(old: str, new: str, check: bool) -> None:
    """What changed from OLD to NEW, each a folder, OWNER/NAME or OWNER/NAME@TAG.

    Counts rows that came, went and changed in each config, and says which step of the version they demand.
    """
    from pipeline.hydrate.source import locate
    from pipeline.release import versions
    from pipeline.release.changes import compare

    changes = compare(locate(old), locate(new))
    click.echo(visible(versions.section(changes)))
    click.echo(f"\nThis demands a {versions.demanded(changes)} version.")
    if check:
        versions.check(changes)


@release.command()
@click.argument("version")
@click.option(
    "--to", type=click.Path(path_type=Path), help="Folder; data/previous/TAG where nothing is said."
)
def fetch(version: str, to: Path | None) -> None:
    """Downloads a published version, OWNER/NAME@TAG, for `release.previous`."""
    from pipeline.core.atomic import replacing
    from pipeline.hydrate.source import locate, revision
    from pipeline.release.manifest import read

    tag, found = revision(version), locate(version)
    named = f"v{read(found).version}"
    if tag is not None and tag != named:
        raise InputError(
            f"its release.json says that it is {named}, and {f'{tag} was' if tag else 'no tag was'} asked for",
            where=version,
            remedy="name the tag of a version, OWNER/NAME@v1.0.0; a release under another version's tag is not to "
            "be used",
        )
    target = to or PREVIOUS / named
    if to is None and target.resolve().parent != PREVIOUS.resolve():
        raise InputError("not a folder directly below data/previous", where=str(target), remedy="give --to")
    if target.exists() and to is not None:
        raise InputError("the folder exists already", where=str(target), remedy="name another one")
    with replacing(target) as new:
        shutil.copytree(
            found, new, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".gitattributes", ".cache")
        )
    click.echo(f"{target}: name it in release.previous")


@release.command()
def publish() -> None:
    """Publishes the built release: runs the stage `publish`, also where DVC thinks that it is up to date.

    It was, if it ran without HF_TOKEN or before a pull request was merged. What a run would do without
    publishing is what `dvc repro publish` says when HF_TOKEN is not set.
    """
    from pipeline.publish import bundle, receipt

    params = settings.load()
    ready = bundle.load(bundle.FOLDER, params)
    if because := bundle.objections(ready, params):
        raise ValActError(f"not published: {'; '.join(because)}", where=str(bundle.FOLDER))
    if not os.environ.get("HF_TOKEN"):
        raise CredentialsError(
            "HF_TOKEN is not set", remedy="set it to a token that may write to release.repository"
        )
    command = [sys.executable, "-m", "dvc", "repro", "--single-item", "--force", "publish"]
    # DVC calls `python`: it is to be this one, also where its environment is not active.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    if subprocess.run(command, env=os.environ | {"PATH": path}, check=False).returncode:
        raise ValActError("not published: the stage says why")
    click.echo(f"{receipt.FILE}: {receipt.read().status}")


@release.command()
@click.option(
    "--key",
    required=True,
    type=click.Path(path_type=Path),
    help="Your SSH key: the private one, or the .pub of one that your SSH agent or token holds.",
)
def sign(key: Path) -> None:
    """Signs the built release with an SSH key, so that its users can tell it from a forgery.

    The signature goes to data/signatures and, when the release is published, along with it. OpenSSH's ssh-keygen makes
    it; publish the public key where your users look for it (`valact release verify --key`).
    """
    from pipeline.publish import bundle
    from pipeline.signature import release as signatures

    bundle.verify(bundle.load(bundle.FOLDER, settings.load(), signed=False))
    path = signatures.sign(bundle.FOLDER, key)
    _, signer = signatures.problems(bundle.FOLDER, path)
    click.echo(f"{path}: signed with {signer}; `valact release publish` takes it along")


@release.command()
@click.argument("release", metavar="RELEASE")
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    help="Public SSH keys of the makers, one a line (a .pub file): it must be signed by one of them.",
)
def verify(release: str, key: Path | None) -> None:
    """Checks RELEASE, a folder, OWNER/NAME or OWNER/NAME@TAG: files, tables, keys, design, and its documents.

    Prints a line a check and what is wrong; the exit code is 1 where anything is. What passes is consistent: whole, and
    at one with itself. Who made it is what only a signature tells, and only to those who have the makers' --key.
    """
    from pipeline import verify as verification
    from pipeline.hydrate.source import locate
    from pipeline.signature import openssh
    from pipeline.signature import release as signatures

    keys, folder = openssh.public_keys(key) if key else [], locate(release)
    results, signer = verification.verify(folder), ""
    signature = signatures.of_copy(folder)
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
    failed = [result.name for result in results if not result.passed]
    if failed:
        click.echo(
            f"\nDo not use this copy: {len(failed)} of {len(results)} checks failed ({', '.join(failed)})."
        )
        raise SystemExit(1)
    click.echo(f"\nConsistent: {len(results)} checks passed. {_authorship(signer, known=bool(keys))}")


def _authorship(signer: str, *, known: bool) -> str:
    """What a copy that passed all checks says of who made it."""
    if known:
        return f"Authentic: signed by a key that you gave, {signer}."
    says = "The copy is whole and agrees with itself; this does not say who made it."
    if signer:
        return f"{says} It is signed with {signer}, which anybody's key may be: give the makers' public key (--key)."
    return f"{says} It is not signed: compare SHA256SUMS with a copy from its makers."
