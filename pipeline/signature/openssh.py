"""`ssh-keygen -Y`: makes signatures of texts and checks them."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pipeline.core.errors import InputError, ValActError

PROGRAM = "ssh-keygen"
# A signature made for anything else, a git commit for instance, is none of a release.
NAMESPACE = "valact-release"
# By which our list of allowed signers calls the keys that somebody gave.
WHO = "makers"
SECONDS = 60
_GOOD = re.compile(r'Good ".*" signature .*with (\S+ key \S+)')
_KEY = re.compile(r"(?:sk-)?(?:ssh|ecdsa)-[\w@.-]+ [A-Za-z0-9+/=]+(?: .*)?", re.ASCII)


def sign(message: bytes, key: Path) -> bytes:
    """The signature of ``message`` by a private key, or by a public one whose private half an agent holds.

    Asks for a passphrase at the terminal. Raises InputError with what ssh-keygen says.
    """
    if not key.is_file():
        raise InputError(
            "no such key", where=str(key), remedy="`ssh-keygen -t ed25519` makes one; give its path"
        )
    done = _run("sign", "-f", str(key), message=message)
    if done.returncode:
        raise InputError(f"not signed: {_said(done)}", where=str(key))
    return done.stdout


def signer(message: bytes, signature: Path) -> str | None:
    """Type and fingerprint of the key that made a sound signature of ``message``, whosever it is; None for no sound
    one."""
    done = _run("check-novalidate", "-s", str(signature), message=message)
    return _name(done)


def signed_by(message: bytes, signature: Path, keys: Sequence[str]) -> str | None:
    """As ``signer``, for one of these public keys only."""
    with tempfile.TemporaryDirectory() as folder:
        allowed = Path(folder, "allowed_signers")
        allowed.write_text(
            "".join(f'{WHO} namespaces="{NAMESPACE}" {key}\n' for key in keys), encoding="utf-8"
        )
        done = _run("verify", "-f", str(allowed), "-I", WHO, "-s", str(signature), message=message)
    return _name(done)


def public_keys(path: Path) -> list[str]:
    """The keys of a file with a public key a line, as ssh-keygen and code hosts give them; InputError for none."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError):
        lines = []
    keys = [line for line in lines if line and not line.startswith("#")]
    if not keys or not all(map(_KEY.fullmatch, keys)):
        raise InputError(
            "not a file of public keys, one a line",
            where=str(path),
            remedy="give the .pub file of the makers' SSH key, from where you trust that it is theirs",
        )
    return keys


def _run(what: str, *arguments: str, message: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            [PROGRAM, "-Y", what, "-n", NAMESPACE, *arguments],
            input=message,
            capture_output=True,
            timeout=None if what == "sign" else SECONDS,
            env=os.environ | {"LC_ALL": "C"},
            check=False,
        )
    except FileNotFoundError:
        raise ValActError(
            f"{PROGRAM} is not on this machine", remedy="install OpenSSH's client, version 8.2 or later"
        ) from None
    except subprocess.TimeoutExpired:
        raise ValActError(f"{PROGRAM} does not come to an end", where=what) from None


def _name(done: subprocess.CompletedProcess[bytes]) -> str | None:
    found = _GOOD.search(done.stdout.decode(errors="replace")) if done.returncode == 0 else None
    return found[1] if found else None


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"{PROGRAM} ended with {done.returncode}"
