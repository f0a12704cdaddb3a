"""A file to read, wherever it lies: on this machine, in a shared folder, or behind an address (``reddit.remote``)."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from pipeline.core.errors import InputError
from pipeline.reddit import remote

READ_BUFFER = 4 << 20


class File(NamedTuple):
    """``address`` is a path or such as ``s3://bucket/RS_2023-03.zst``. ``size`` is in bytes; ``mark`` changes with the
    content: the time of change in nanoseconds, or what the store says in its place (an ETag, a hash)."""

    address: str
    size: int
    mark: str

    def __str__(self) -> str:
        return self.address

    @property
    def name(self) -> str:
        return PurePosixPath(self.address).name if self.is_remote else Path(self.address).name

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name).suffix

    @property
    def is_remote(self) -> bool:
        return remote.is_address(self.address)

    @property
    def place(self) -> str:
        """The one name of the file, by whatever path it was found."""
        return self.address if self.is_remote else str(Path(self.address).resolve())

    @property
    def order(self) -> tuple[bool, PurePosixPath]:
        """Files of this machine first, each kind by its path."""
        return self.is_remote, PurePosixPath(self.address)

    def open(self) -> BinaryIO:
        """Its bytes from the beginning, as one stream; InputError where it cannot be opened."""
        if self.is_remote:
            return remote.open_stream(self.address)
        try:
            return Path(self.address).open("rb", buffering=READ_BUFFER)
        except OSError as error:
            raise InputError(
                f"the file cannot be opened ({error.strerror})",
                where=self.address,
                remedy="it has to be there, readable, under this path on every machine that reads",
            ) from None


def local(path: Path) -> File:
    """A file of this machine as it is now."""
    about = path.stat()
    return File(path.as_posix(), about.st_size, str(about.st_mtime_ns))


def behind(address: str) -> list[tuple[File, bool]]:
    """The files behind an address that is a file, a folder (searched to the bottom) or a pattern, each with whether it
    was found in a folder; InputError where there are none."""
    return [(File(name, size, mark), inside) for name, size, mark, inside in remote.find(address)]
