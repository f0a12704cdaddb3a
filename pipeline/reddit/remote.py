"""Files behind addresses (s3://, gs://, hf://), found and read by fsspec.

fsspec comes with what the Hub needs; what S3 and Google Cloud Storage need are extras. Keys come from where these
libraries look for them (the environment, their own files), never from params.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import urlsplit

from pipeline.core.errors import InputError
from pipeline.core.extras import install

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Schemes, and the extra that brings what reads each; "" for what is always there.
SCHEMES = {"s3": "s3", "gs": "gs", "hf": ""}
# Bytes that are asked for at a time, one after the other.
BLOCK = 8 << 20
# What stores say of a file that changes with its content, the surest first.
MARKS = (
    *("ETag", "etag", "xet_hash", "blob_id", "md5Hash", "generation"),
    *("LastModified", "mtime", "updated", "created"),
)
_SCHEME = re.compile(r"([A-Za-z][\w+.-]*(?:::[\w+.-]+)?)://")
_PATTERN = re.compile(r"[*?\[]")
# A signed address is a key.
_QUERY = re.compile(r"(https?://[^\s?'\"]+)\?[^\s'\"]+")
MOST_SAID = 300


def is_address(text: str) -> bool:
    return _SCHEME.match(text) is not None


def find(address: str) -> Iterator[tuple[str, int, str, bool]]:
    """Address, size and mark of each file there, sorted, and whether it was found in a folder."""
    with _told(address):
        store, path = _store(address)
        matches = _PATTERN.search(path)
        entries = store.glob(path, detail=True) if matches else {path: store.info(path)}
        files: dict[str, tuple[dict[str, Any], bool]] = {}
        for name, about in entries.items():
            if about["type"] == "directory":
                files |= {file: (entry, True) for file, entry in store.find(name, detail=True).items()}
            else:
                files[name] = about, False
        found = [
            (str(store.unstrip_protocol(name)), about.get("size"), _mark(about), inside)
            for name, (about, inside) in sorted(files.items())
            if about["type"] == "file"
        ]
    if not found:
        raise _nothing(address)
    for name, size, mark, inside in found:
        if size is None:
            raise InputError("its store does not say how large it is", where=name, remedy="copy it to a disk")
        yield name, int(size), mark, inside


def check(address: str) -> None:
    """InputError for an address that cannot be read here whatever its store says; nobody is asked."""
    _store(address)


def open_stream(address: str) -> BinaryIO:
    """The bytes of a file in order. What breaks while they come is an InputError, too: no other end of a file may look
    like its end."""
    with _told(address):
        store, path = _store(address)
        stream = store.open(path, "rb", block_size=BLOCK, cache_type="readahead")
    return cast(BinaryIO, BufferedReader(_Told(stream, address)))


class _Told(RawIOBase):
    """A stream whose errors name its address."""

    def __init__(self, stream: BinaryIO, address: str) -> None:
        self._stream, self._address = stream, address

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        with _told(self._address):
            data = self._stream.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _store(address: str) -> tuple[Any, str]:
    """fsspec's file system for an address, which remembers no listings, and the path there."""
    match = _SCHEME.match(address)
    scheme = match[1] if match else ""
    if scheme not in SCHEMES:
        raise InputError(
            f"{scheme}:// is not read",
            where=_without_password(address),
            remedy=f"dumps are read from disks and from {', '.join(f'{name}://' for name in SCHEMES)}",
        )
    if urlsplit(address).password is not None:
        raise InputError(
            "an address must not hold a password",
            where=_without_password(address),
            remedy="keys belong into the environment (AWS_ACCESS_KEY_ID, GOOGLE_APPLICATION_CREDENTIALS, HF_TOKEN)",
        )
    import fsspec

    url_to_fs: Callable[..., tuple[Any, str]] = fsspec.url_to_fs
    try:
        return url_to_fs(address, use_listings_cache=False)
    except ImportError:
        extra = SCHEMES[scheme]
        raise InputError(
            f"what reads {scheme}:// is not installed",
            where=address,
            remedy=f"{install(extra)} brings it" if extra else "install this package's requirements again",
        ) from None


def _mark(about: dict[str, Any]) -> str:
    return next((str(about[key]).strip('"') for key in MARKS if about.get(key)), "")


@contextmanager
def _told(address: str) -> Iterator[None]:
    """What a store raises (each library has errors of its own) as an error for people, without keys."""
    try:
        yield
    except InputError:
        raise
    except FileNotFoundError:
        raise _nothing(address) from None
    except Exception as error:
        said = " ".join(_QUERY.sub(r"\1?...", f"{type(error).__name__}: {error}").split())[:MOST_SAID]
        raise InputError(
            f"the store cannot be read: {said}",
            where=address,
            remedy="check the address, the network and the keys (docs/scale.md); what was read of other files is kept, "
            "and the next run goes on",
        ) from None


def _nothing(address: str) -> InputError:
    return InputError(
        "there is no such file, folder or match",
        where=address,
        remedy="check the address, and whether these keys may see it; quote patterns such as 's3://b/RS_2023-*.zst'",
    )


def _without_password(address: str) -> str:
    return re.sub(r"//[^/@]*@", "//...@", address)
