"""Files of a folder and of the archives in it, and their rows with the lines on which they begin."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import InputError
from pipeline.published.lens.reasons import REASONS
from pipeline.published.lines import LONGEST_LINE, MOST_BYTES, Text, Unusable, text_of
from pipeline.published.problems import Log

SUFFIXES = (".csv", ".jsonl", ".json", ".log", ".ndjson")
# What is unpacked of one archive, and how many files; the whole publication has a tenth of it.
MOST_UNPACKED, MOST_MEMBERS = 1_000_000_000, 2_000


@dataclass(frozen=True, slots=True)
class Source:
    """A file: ``name`` is its path below the folder, in an archive ``archive.zip!path``. ``text`` has line ends as LF
    or CR LF."""

    name: str
    text: str
    encoding: str

    @property
    def is_table(self) -> bool:
        return self.name.lower().endswith(".csv")


def sources(folder: Path, logs: list[Log], beside: list[str]) -> Iterator[Source]:
    """Every CSV and log below ``folder``, hidden folders apart, by name; what cannot be read is told in ``logs``, files
    of other kinds in ``beside``. InputError without such a folder."""
    if folder.is_file() and folder.suffix.lower() == ".zip":
        yield from _unpacked(folder, folder.name, logs, beside)
        return
    if not folder.is_dir():
        raise InputError(
            "there is no such folder", where=str(folder), remedy="name one with published results"
        )
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if path.suffix.lower() == ".zip":
            yield from _unpacked(path, name, logs, beside)
        elif path.suffix.lower() not in SUFFIXES:
            beside.append(name)
        else:
            log = Log(name, REASONS)
            logs.append(log)
            try:
                if not path.is_file():
                    raise Unusable("missing_file", "a link that leads nowhere")
                if path.stat().st_size > MOST_BYTES:
                    raise Unusable("too_large", f"{path.stat().st_size / 1e6:,.0f} MB")
                yield _source(name, path.read_bytes(), log)
            except Unusable as problem:
                log.add(problem.reason, problem.detail)


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(root) / name for name in sorted(files) if not name.startswith("."))


def _unpacked(path: Path, name: str, logs: list[Log], beside: list[str]) -> Iterator[Source]:
    archive = Log(name, REASONS)
    logs.append(archive)
    try:
        with zipfile.ZipFile(path) as packed:
            members = [
                one
                for one in packed.infolist()
                if not one.is_dir()
                and not any(p.startswith((".", "__MACOSX")) for p in one.filename.split("/"))
            ]
            if len(members) > MOST_MEMBERS or sum(one.file_size for one in members) > MOST_UNPACKED:
                archive.add(
                    "too_large",
                    f"{len(members):,} files; more than {MOST_UNPACKED / 1e6:,.0f} MB or files than are unpacked",
                )
                return
            for one in sorted(members, key=lambda member: member.filename):
                inside = f"{name}!{one.filename}"
                if Path(one.filename).suffix.lower() not in SUFFIXES:
                    beside.append(inside)
                    continue
                log = Log(inside, REASONS)
                logs.append(log)
                try:
                    if one.file_size > MOST_BYTES:
                        raise Unusable("too_large", f"{one.file_size / 1e6:,.0f} MB")
                    yield _source(inside, packed.read(one), log)
                except Unusable as problem:
                    log.add(problem.reason, problem.detail)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError) as error:
        archive.add("zip_unreadable", " ".join(str(error).split())[:100] or type(error).__name__)


def _source(name: str, content: bytes, log: Log) -> Source:
    """English files that are no UTF-8 are Windows-1252."""
    try:
        text = text_of(content)
    except Unusable as problem:
        if problem.reason != "encoding_unreadable":
            raise
        text = Text(content, "gb18030")
    encoding = text.encoding
    try:
        decoded = text.content.decode("cp1252" if encoding == "gb18030" else "utf-8")
    except UnicodeDecodeError:
        raise Unusable("encoding_unreadable", "neither UTF-8, UTF-16 nor Windows-1252") from None
    encoding = "windows-1252" if encoding == "gb18030" else encoding
    if encoding != "utf-8":
        log.add("encoding", encoding)
    return Source(name, decoded, encoding)


@dataclass(frozen=True, slots=True)
class Row:
    """A row by column, and the line on which it begins. ``index`` is its place among the rows, from 0."""

    line: int
    index: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def get(self, column: str) -> str | None:
        return self.cells.get(column)


def header(source: Source) -> list[str]:
    """The column names, a second of one name as NAME.2; empty where the file is no CSV."""
    try:
        return _distinct(next(csv.reader(io.StringIO(source.text, newline=""), strict=True), []))
    except csv.Error:
        return []


def read_rows(source: Source, log: Log) -> list[Row]:
    """The rows of a CSV file. One with more or fewer fields than the header is told and left out: its answers cannot
    be told apart, and no other row moves."""
    csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(io.StringIO(source.text, newline=""))
    found: list[Row] = []
    begin = 1
    try:
        names = _distinct(next(reader, []))
        begin = reader.line_num + 1
        index = 0
        for cells in reader:
            if cells and len(cells) != len(names):
                log.add("row_unreadable", f"{len(cells)} fields of {len(names)}", line=begin)
            elif cells:
                found.append(Row(begin, index, dict(zip(names, cells, strict=True))))
            index += bool(cells)
            begin = reader.line_num + 1
    except csv.Error as error:
        log.add("unchecked" if found else "table_unreadable", str(error), line=begin)
    return found


def _distinct(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    found = []
    for name in (name.strip().lstrip("\ufeff") for name in names):
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}.{seen[name]}")
    return found
