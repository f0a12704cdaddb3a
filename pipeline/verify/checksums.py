"""Whether the folder holds the files that SHA256SUMS lists, each as it was, and no other that anything reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pipeline.release.files import CHECKSUMS, sha256
from pipeline.release.files import files as files_of

# A signature of SHA256SUMS: it cannot be listed there, and `pipeline.signature` looks at it.
SIGNATURE = "SHA256SUMS.sig"
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")
# What a loader of data, a harness or Python takes up without being told to.
READ = {
    *(".py", ".so", ".pth", ".yaml", ".yml", ".toml", ".cfg"),
    *(".parquet", ".arrow", ".json", ".jsonl", ".csv", ".tsv", ".txt", ".md"),
}
# The Hub and its client put these beside a dataset's own files.
NOT_OURS = (".gitattributes", ".cache", ".git", ".huggingface")


def own_files(folder: Path) -> dict[str, Path]:
    """The release's files by relative path, without what the Hub adds and without a signature."""
    found = {path.relative_to(folder).as_posix(): path for path in files_of(folder)}
    return {name: path for name, path in found.items() if name.split("/")[0] not in (*NOT_OURS, SIGNATURE)}


def checksums(folder: Path) -> Iterator[str]:
    """Every file that is read is listed with its hash, and every listed file is there."""
    try:
        text = (folder / CHECKSUMS).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        yield f"{CHECKSUMS} is missing or cannot be read"
        return
    present = own_files(folder)
    hashes: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if (found := _LINE.fullmatch(line)) is None:
            yield f"{CHECKSUMS}, line {number}: not a hash and a file name"
        elif found[2] in hashes:
            yield f"{CHECKSUMS}, line {number}: {found[2]} is listed twice"
        else:
            hashes[found[2]] = found[1]
    for name, expected in hashes.items():
        if name not in present:
            yield f"{name} is listed, but not there"
        elif sha256(present[name]) != expected:
            yield f"{name} is not the file that was released: its hash differs"
    for name in sorted(set(present) - set(hashes) - {CHECKSUMS}):
        if is_read(name):
            yield f"{name} is there, but not listed"


def left_there(folder: Path) -> list[str]:
    """Files that are not of the release and that nothing reads: what a tool, or a person, left in the folder."""
    if not (folder / CHECKSUMS).is_file():
        return []
    ours = {*listed(folder / CHECKSUMS), CHECKSUMS}
    return sorted(name for name in set(own_files(folder)) - ours if not is_read(name))


def listed(file: Path) -> set[str]:
    """The names that a file of checksums lists; none where it cannot be read."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return set()
    return {found[2] for line in text.splitlines() if (found := _LINE.fullmatch(line))}


def is_read(name: str) -> bool:
    """Whether loading the data, or running a task, could take up a file of that name: data,
    and code that is not Python's own cache."""
    path = PurePosixPath(name)
    if "__pycache__" in path.parts:
        return False
    # `logs/` is where harnesses put what they did.
    return path.parts[0] != "logs" and path.suffix in READ
