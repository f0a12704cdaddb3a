"""On what kind of file system a path lies, and whether that one is shared by several machines."""

from __future__ import annotations

import re
from pathlib import Path

TABLE = Path("/proc/self/mountinfo")
# Kinds of file systems (their names in the kernel's table) that several machines may write at once.
SHARED = re.compile(
    r"nfs\d?|cifs|smb3|smbfs|9p|afs|lustre|gpfs|mmfs|beegfs|ceph|glusterfs|pvfs2|orangefs|panfs|wekafs|ocfs2|gfs2"
    r"|fuse\.(?:sshfs|glusterfs|ceph|cephfs|s3fs|gcsfuse|goofys|rclone|juicefs|davfs|lustre)"
)
_ESCAPED = re.compile(r"\\([0-7]{3})")


def kind(path: Path) -> str | None:
    """The name of the file system that ``path`` (or the nearest folder that is there) lies on, such as ``ext4``; None
    where the system does not tell."""
    try:
        lines = TABLE.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    place = path.resolve()
    found: tuple[int, str] | None = None
    for line in lines:
        before, _, after = line.partition(" - ")
        fields, of = before.split(" "), after.split(" ")
        point = Path(_ESCAPED.sub(lambda match: chr(int(match[1], 8)), fields[4]))
        # The last of those that are mounted on one folder is the one that is seen.
        if place.is_relative_to(point) and (found is None or len(point.parts) >= found[0]):
            found = len(point.parts), of[0]
    return found and found[1]


def is_shared(name: str | None) -> bool:
    """Whether it is known to be a file system of several machines."""
    return name is not None and SHARED.fullmatch(name) is not None
