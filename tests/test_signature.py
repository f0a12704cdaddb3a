"""Signatures of a release: OpenSSH's own, by a key that is known, of this very copy, and never in the way."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import polars as pl
import pytest
from services.built_release import seal
from services.finished_run import finished_run
from services.folder import valact, write_params
from services.released import build, release_params

from pipeline.core.errors import InputError
from pipeline.hydrate import folder as hydrated
from pipeline.publish import bundle as bundles
from pipeline.publish.valact import VALACT
from pipeline.release.files import CHECKSUMS
from pipeline.signature import openssh
from pipeline.signature import release as signatures
from pipeline.verify.checksums import SIGNATURE

if shutil.which(openssh.PROGRAM) is None:
    pytest.skip("this machine has no ssh-keygen", allow_module_level=True)

BUILT = VALACT.folder


def new_key(folder: Path, name: str, kind: str = "ed25519") -> Path:
    path = folder / name
    command = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", f"{name}@example.org", "-f", str(path)]
    subprocess.run(command, check=True)
    return path


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for name in ("makers", "others"):
        new_key(folder, name)
    return folder


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    params = release_params()
    finished_run(folder / "data", params)
    build(folder / "data", params, folder / BUILT)
    write_params(folder, params)
    return folder


@pytest.fixture
def project(released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = Path(shutil.copytree(released, tmp_path / "project"))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def published(project: Path, keys: Path) -> Path:
    """A copy as it is published, with the makers' signature."""
    valact("release", "sign", "--key", str(keys / "makers"))
    copy = Path(shutil.copytree(BUILT, project.parent / "copy"))
    for name, file in bundles.load(BUILT, release_params()).files.items():
        shutil.copyfile(file.path, copy / name)
    return copy


def test_a_signed_release_is_known_as_the_makers(project: Path, published: Path, keys: Path) -> None:
    before = {path: path.read_bytes() for path in BUILT.rglob("*") if path.is_file()}
    assert not (BUILT / SIGNATURE).exists(), "the folder is what DVC built"
    told = valact("release", "verify", str(published), "--key", str(keys / "makers.pub")).stdout
    assert "ok          signature" in told
    assert "Authentic: signed by a key that you gave, ED25519 key SHA256:" in told
    # The same of the built one, and without the key it is only consistent.
    assert "Authentic" in valact("release", "verify", str(BUILT), "--key", str(keys / "makers.pub")).stdout
    told = valact("release", "verify", str(published)).stdout
    assert "Consistent" in told
    assert "Authentic" not in told
    assert "which anybody's key may be" in told
    assert {path: path.read_bytes() for path in BUILT.rglob("*") if path.is_file()} == before


def test_others_check_it_with_openssh_alone(published: Path, keys: Path, tmp_path: Path) -> None:
    (tmp_path / "allowed").write_text(f"makers {(keys / 'makers.pub').read_text()}")
    command = ["ssh-keygen", "-Y", "verify", "-f", str(tmp_path / "allowed"), "-I", "makers"]
    command += ["-n", "valact-release", "-s", str(published / SIGNATURE)]
    with (published / CHECKSUMS).open("rb") as message:
        done = subprocess.run(command, stdin=message, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith('Good "valact-release" signature for makers')


def test_what_is_not_the_makers_is_told(project: Path, published: Path, keys: Path) -> None:
    makers = str(keys / "makers.pub")
    told = valact("release", "verify", str(published), "--key", str(keys / "others.pub"), fails=True).stdout
    assert "it is signed by another key, ED25519 key SHA256:" in told
    # Another release under this signature, sealed anew as a forger would.
    (published / "CODEBOOK.md").write_text("other")
    seal(published)
    assert (
        "is no signature of this SHA256SUMS" in valact("release", "verify", str(published), fails=True).stdout
    )
    (published / SIGNATURE).unlink()
    assert (
        "it is not signed" in valact("release", "verify", str(published), "--key", makers, fails=True).stdout
    )


HEAD, FOOT = b"-----BEGIN SSH SIGNATURE-----\n", b"-----END SSH SIGNATURE-----\n"


@pytest.mark.parametrize("content", [b"", b"\xff" * 300, HEAD + b"AAAA\n" + FOOT, b"x" * 200_000])
def test_what_is_no_signature_is_a_finding(content: bytes, released: Path, tmp_path: Path) -> None:
    (tmp_path / SIGNATURE).write_bytes(content)
    found, signer = signatures.problems(released / BUILT, tmp_path / SIGNATURE)
    assert found
    assert not signer


def test_a_signature_for_something_else_is_none(published: Path, keys: Path) -> None:
    """A commit, or a file of the makers': they signed it, but not as a release."""
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", str(keys / "makers")]
    with (published / CHECKSUMS).open("rb") as message:
        made = subprocess.run(command, stdin=message, capture_output=True, check=True).stdout
    (published / SIGNATURE).write_bytes(made)
    found, _ = signatures.problems(published, published / SIGNATURE)
    assert found


def test_a_built_release_is_signed_anew_or_not_at_all(project: Path, keys: Path) -> None:
    valact("release", "sign", "--key", str(keys / "makers"))
    (BUILT / "CHANGELOG.md").write_text("another build\n")
    seal(BUILT)
    with pytest.raises(InputError, match="no signature of this"):
        bundles.load(BUILT, release_params())
    assert SIGNATURE not in bundles.load(BUILT, release_params(), signed=False).files


def test_a_private_key_stays_out_of_the_project(project: Path, keys: Path) -> None:
    shutil.copy(keys / "makers", "key")
    assert "gets into git" in valact("release", "sign", "--key", "key", fails=True).stderr
    assert "no such key" in valact("release", "sign", "--key", "/nowhere", fails=True).stderr
    told = valact("release", "verify", str(BUILT), "--key", "key", fails=True).stderr
    assert "not a file of public keys" in told
    assert "PRIVATE" not in told
    assert not signatures.path_of("1.0.0").parent.exists()


def test_a_hydrated_copy_claims_no_signature(published: Path, tmp_path: Path) -> None:
    scenarios = pl.read_parquet(published / "scenarios/test.parquet")
    settled = scenarios.select("scenario_id", "post_id", "text").with_columns(status=pl.lit("ok"))
    hydrated.write(published, tmp_path / "mine", scenarios, settled)
    assert not (tmp_path / "mine" / SIGNATURE).exists()
