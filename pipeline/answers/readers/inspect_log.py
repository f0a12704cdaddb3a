"""Logs of inspect_ai (``.eval``), of the tasks that a release carries or of its benchmark on the Hub: a file, or a
folder of them."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import msgspec
import zstandard

from pipeline.answers.harness import LETTERS, MODES, NO_JSON, chosen, mode_of, raw, respondent
from pipeline.answers.reader import Raw, Reader
from pipeline.core.errors import InputError

# inspect_ai packs with Zstandard, which this Python's zipfile does not know.
ZSTANDARD = 93
MOST_BYTES = 100_000_000
_SAMPLE = re.compile(r"samples/.+\.json")
_LOCAL = struct.Struct("<26xHH")
# What an archive that is none, or says what does not hold, ends with; one with a password is a RuntimeError.
_NO_ARCHIVE = (
    *(OSError, EOFError, KeyError, RuntimeError, ValueError, struct.error),
    *(zipfile.BadZipFile, zlib.error, zstandard.ZstdError),
)


class _Config(msgspec.Struct):
    temperature: float | None = None


class _Eval(msgspec.Struct):
    task: str
    model: str
    created: str = ""
    model_generate_config: _Config = msgspec.field(default_factory=_Config)


class _Header(msgspec.Struct):
    eval: _Eval


class _Message(msgspec.Struct):
    content: Any = ""


class _Choice(msgspec.Struct):
    message: _Message = msgspec.field(default_factory=_Message)


class _Output(msgspec.Struct):
    choices: list[_Choice] = msgspec.field(default_factory=list)


class _Sample(msgspec.Struct):
    id: str | int
    epoch: int = 1
    metadata: dict[str, Any] = msgspec.field(default_factory=dict)
    choices: list[Any] | None = None
    output: _Output = msgspec.field(default_factory=_Output)


def knows(path: Path) -> bool:
    return path.suffix == ".eval" or (path.is_dir() and any(path.glob("*.eval")))


def read(path: Path) -> Raw:
    """InputError for a log that cannot be read, or of a task that says no mode."""
    respondents: list[dict[str, Any]] = []
    choices: list[dict[str, Any]] = []
    for file in sorted(path.glob("*.eval")) if path.is_dir() else [path]:
        try:
            parts = _parts(file)
            header = msgspec.json.decode(next(parts), type=_Header).eval
            samples = [msgspec.json.decode(part, type=_Sample) for part in parts]
            mode = _mode(header.task, samples, str(file))
            prompts = {str(sample.metadata.get("prompt")) for sample in samples}
            row = respondent(
                header.model,
                header.model_generate_config.temperature,
                f"inspect_ai: {file.name}",
                day=header.created,
                prompts={mode: prompts.pop()} if len(prompts) == 1 else None,
            )
            respondents.append(row)
            choices += [_row(sample, row["respondent"], mode) for sample in samples]
        except (*NO_JSON, *_NO_ARCHIVE) as error:
            raise InputError(
                f"no log of inspect_ai: {' '.join(str(error).split())[:120]}", where=str(file)
            ) from None
    return raw(path.name, respondents, choices)


def _mode(task: str, samples: list[_Sample], where: str) -> str:
    """What the samples say that they are asked, as those of the Hub's benchmark do, or what the task's name says."""
    said = {sample.metadata.get("mode") for sample in samples}
    return str(said.pop()) if len(said) == 1 and said <= set(MODES) else mode_of(task, where)


def _row(sample: _Sample, who: str, mode: str) -> dict[str, Any]:
    said = sample.output.choices[0].message.content if sample.output.choices else ""
    text = said if isinstance(said, str) else _joined(said)
    status, letter = chosen(text, len(sample.choices or LETTERS))
    return {
        "respondent": who,
        "question_id": str(sample.metadata.get("question_id", sample.id)),
        "mode": mode,
        "repeat": sample.epoch,
        "letter": letter,
        "status": status,
        "target_value": sample.metadata.get("target_value") if mode != "default" else None,
        "content_sha256": sample.metadata.get("content_sha256"),
        "raw": text[:20_000],
    }


def _joined(content: Any) -> str:
    """The text of a message in parts; thinking is none."""
    parts = content if isinstance(content, list) else []
    return "\n".join(
        part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)
    )


def _parts(path: Path) -> Iterator[bytes]:
    """The header, then every sample, in the order of their names."""
    with zipfile.ZipFile(path) as packed, path.open("rb") as file:
        yield _content(packed, file, packed.getinfo("header.json"))
        for info in sorted(packed.infolist(), key=lambda info: info.filename):
            if _SAMPLE.fullmatch(info.filename):
                yield _content(packed, file, info)


def _content(packed: zipfile.ZipFile, file: IO[bytes], info: zipfile.ZipInfo) -> bytes:
    if info.file_size > MOST_BYTES:
        raise zipfile.BadZipFile(f"{info.filename} has more than {MOST_BYTES / 1e6:.0f} MB")
    if info.compress_type != ZSTANDARD:
        return packed.read(info)
    file.seek(info.header_offset)
    name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
    file.seek(info.header_offset + _LOCAL.size + name + extra)
    with zstandard.ZstdDecompressor().stream_reader(file.read(info.compress_size)) as reader:
        return reader.read(MOST_BYTES)


ENTRY = Reader("logs of inspect_ai (.eval), or a folder of them", knows, read)
