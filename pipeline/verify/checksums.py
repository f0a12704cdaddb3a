"""Whether the folder holds the files that SHA256SUMS lists, these only, and each as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.release.files import CHECKSUMS, sha256
from pipeline.release.files import files as files_of

# A signature of SHA256SUMS: it cannot be listed there, and `pipeline.signature` looks at it.
SIGNATURE = "SHA256SUMS.sig"
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")
# The Hub and its client put these beside a dataset's own files.
NOT_OURS = (".gitattributes", ".cache", ".git", ".huggingface")


def own_files(folder: Path) -> dict[str, Path]:
    """The release's files by relative path, without what the Hub adds and without a signature."""
    found = {path.relative_to(folder).as_posix(): path for path in files_of(folder)}
    return {name: path for name, path in found.items() if name.split("/")[0] not in (*NOT_OURS, SIGNATURE)}


def checksums(folder: Path) -> Iterator[str]:
    """Every file is listed with its hash and every listed file is there."""
    try:
        text = (folder / CHECKSUMS).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        yield f"{CHECKSUMS} is missing or cannot be read"
        return
    present = own_files(folder)
    listed: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if (found := _LINE.fullmatch(line)) is None:
            yield f"{CHECKSUMS}, line {number}: not a hash and a file name"
        elif found[2] in listed:
            yield f"{CHECKSUMS}, line {number}: {found[2]} is listed twice"
        else:
            listed[found[2]] = found[1]
    for name, expected in listed.items():
        if name not in present:
            yield f"{name} is listed, but not there"
        elif sha256(present[name]) != expected:
            yield f"{name} is not the file that was released: its hash differs"
    for name in sorted(set(present) - set(listed) - {CHECKSUMS}):
        yield f"{name} is there, but not listed"
