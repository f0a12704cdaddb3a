"""Publishing, step by step. Every step looks first whether it was done, so that a stopped run is run again."""

from __future__ import annotations

from pipeline.core import progress
from pipeline.core.errors import InputError
from pipeline.core.invariants import given
from pipeline.params import Params
from pipeline.publish.bundle import Bundle
from pipeline.publish.hub import Refs, Remote, connect, readable_errors
from pipeline.publish.receipt import Receipt, receipt
from pipeline.release.versions import Version, heading


def publish(bundle: Bundle, params: Params, token: str) -> Receipt:
    """Puts the release on the Hub: one commit that holds exactly its files, then its tag.

    Raises InputError where the tag exists with other contents, a later version is there, or the changelog does not
    know the version before; CredentialsError and ProviderError where the Hub does not play along.
    """
    remote = connect(params.release.repository, token)
    with readable_errors(remote.name):
        refs = _repository(remote, params)
        if bundle.tag in refs.tags:
            return _tagged_before(remote, bundle, params, refs.tags[bundle.tag])
        _follows(bundle, refs, remote.name)
        commit = refs.head
        if not remote.holds(bundle, commit):
            title = f"Release {bundle.tag}"
            if params.publish.pull_request:
                return _proposed(remote, bundle, params, commit, title)
            progress.say(
                f"publish: {len(bundle.files)} files, {bundle.size / 1e6:.1f} MB, to {remote.address}"
            )
            commit = remote.commit(bundle, commit, title=title, create_pr=False).oid
        remote.tag(bundle.tag, commit, f"{bundle.manifest.name} {bundle.manifest.version}")
        return _published(remote, bundle, params, commit)


def _repository(remote: Remote, params: Params) -> Refs:
    """The repository, made and set as params say. A pull request leaves the owner's settings alone."""
    refs = remote.refs()
    if params.publish.pull_request:
        if refs is None:
            raise InputError(
                "there is no such repository to propose a release to (or the token may not see it)",
                where=remote.name,
                remedy="set publish.pull_request to false to create it",
            )
        return refs
    if refs is None:
        remote.create(params.publish.private)
    remote.settle(params.publish.private, params.publish.gated)
    return given(refs or remote.refs(), "the repository that was just made")


def _tagged_before(remote: Remote, bundle: Bundle, params: Params, commit: str) -> Receipt:
    if not remote.holds(bundle, bundle.tag):
        raise InputError(
            f"{bundle.tag} is on the Hub with other contents, and a tag never moves",
            where=remote.name,
            remedy="raise release.version, name the version before in release.previous, and run `dvc repro`",
        )
    return _published(remote, bundle, params, commit)


def _follows(bundle: Bundle, refs: Refs, where: str) -> None:
    """The version comes after every one on the Hub, and its changelog begins where the last one ended."""
    ours = Version.parse(bundle.manifest.version)
    there = sorted(filter(None, (Version.of_tag(tag) for tag in refs.tags)))
    if not there:
        return
    last = there[-1]
    if last > ours:
        raise InputError(
            f"v{last} is on the Hub already: version {ours} would put the default branch back",
            where=where,
            remedy=f"set release.version to one after {last}",
        )
    changelog = bundle.files.get("CHANGELOG.md")
    known = changelog.path.read_text(encoding="utf-8").splitlines() if changelog else []
    if heading(last) not in known:
        raise InputError(
            f"v{last} is on the Hub, and CHANGELOG.md does not say what changed since",
            where=where,
            remedy=(
                f"`valact release fetch {where}@v{last}` brings it here; name its folder in release.previous and "
                "run `dvc repro`"
            ),
        )


def _proposed(remote: Remote, bundle: Bundle, params: Params, parent: str, title: str) -> Receipt:
    address = remote.proposal(bundle, title)
    if address is None:
        address = remote.commit(bundle, parent, title=title, create_pr=True).pr_url
    return receipt(bundle, params, pull_request=address)


def _published(remote: Remote, bundle: Bundle, params: Params, commit: str) -> Receipt:
    return receipt(bundle, params, commit=commit, address=f"{remote.address}/tree/{bundle.tag}")
