"""Publishing, step by step. Every step looks first whether it was done, so that a stopped run is run again."""

from __future__ import annotations

from pipeline.core import progress
from pipeline.core.errors import InputError
from pipeline.core.invariants import given
from pipeline.publish.bundle import Bundle
from pipeline.publish.hub import Refs, Remote, connect, readable_errors
from pipeline.publish.receipt import Receipt, in_words, receipt
from pipeline.publish.target import Publishes
from pipeline.release.versions import Version, heading


def publish(bundle: Bundle, params: Publishes, token: str, *, change_settings: bool = False) -> Receipt:
    """Puts the release on the Hub: one commit that holds its files, then its tag.

    Files there that no release listed stay, and are named; none of them is replaced. Visibility and gating are set when
    the repository is made; those of one that is there already are only changed with ``change_settings``.

    Raises InputError where the tag exists with other contents, a later version is there, or the changelog does not
    know the version before; CredentialsError and ProviderError where the Hub does not play along.
    """
    remote = connect(params.release.repository, token)
    with readable_errors(remote.name):
        refs = _repository(remote, params, change_settings)
        if bundle.tag in refs.tags:
            return _tagged_before(remote, bundle, params, refs.tags[bundle.tag])
        _follows(bundle, refs, remote.name)
        commit = refs.head
        if not remote.holds(bundle, commit):
            title = f"Release {bundle.tag}"
            if params.publish.pull_request:
                return _proposed(remote, bundle, params, commit, title)
            _not_in_the_way(remote.in_the_way(bundle, commit), remote.name)
            progress.say(
                f"publish: {len(bundle.files)} files, {bundle.size / 1e6:.1f} MB, to {remote.address}"
            )
            if others := remote.others(bundle, commit):
                progress.say(f"publish: of no release, and left as it is: {', '.join(others)}")
            commit = remote.commit(bundle, commit, title=title, create_pr=False).oid
        remote.tag(bundle.tag, commit, f"{bundle.manifest.name} {bundle.manifest.version}")
        return _published(remote, bundle, params, commit)


def _repository(remote: Remote, params: Publishes, change: bool) -> Refs:
    """The repository, made as params say. A pull request leaves the owner's settings alone."""
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
    _settle(remote, params, change or refs is None or not refs.tags)
    return given(refs or remote.refs(), "the repository that was just made")


def _settle(remote: Remote, params: Publishes, change: bool) -> None:
    """Visibility and gating: those of params while nothing was published there; what a live repository's owner has set
    since is left, and the difference said."""
    wanted, now = (params.publish.private, params.publish.gated), remote.settings()
    if wanted == now:
        return
    if change:
        progress.say(f"publish: {remote.name} is made {in_words(*wanted)}")
        remote.settle(*wanted)
    else:
        progress.say(
            f"publish: {remote.name} is {in_words(*now)}, params say {in_words(*wanted)}; it is left as it is "
            "(`valact release publish --settings` changes it)"
        )


def _tagged_before(remote: Remote, bundle: Bundle, params: Publishes, commit: str) -> Receipt:
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


def _not_in_the_way(files: list[str], where: str) -> None:
    if files:
        raise InputError(
            f"of no release, and would be replaced by files of this one: {', '.join(files)}; nothing was changed",
            where=where,
            remedy="keep what you want of them under other names, delete them there, and publish again",
        )


def _proposed(remote: Remote, bundle: Bundle, params: Publishes, parent: str, title: str) -> Receipt:
    address = remote.proposal(bundle, title)
    if address is None:
        address = remote.commit(bundle, parent, title=title, create_pr=True).pr_url
    return receipt(bundle, params, pull_request=address)


def _published(remote: Remote, bundle: Bundle, params: Publishes, commit: str) -> Receipt:
    address = f"{remote.address}/tree/{bundle.tag}"
    return receipt(bundle, params, commit=commit, address=address, settings=remote.settings())
