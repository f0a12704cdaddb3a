"""YAML and JSON that people or programs wrote: read with an error that names the file and the place in it.

Some of them are anybody's (a release that was downloaded), so nothing in one may exhaust the reader.
"""

from __future__ import annotations

import json
from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import yaml

from pipeline.core.atomic import write_text
from pipeline.core.errors import InputError, ValActError

if TYPE_CHECKING:
    import pydantic

# More than any document that we read: a release's croissant.json has some 100 kB, a round of judgements some MB.
MOST_BYTES = 100_000_000
_ENDLESS = "its brackets nest without an end"


def read_text(
    path: Path,
    *,
    remedy: str | None = None,
    missing: str | None = None,
    kind: type[ValActError] = InputError,
) -> str:
    """The text of a UTF-8 file, a byte order mark taken off.

    Raises ``kind``: with the remedy ``missing`` (by default ``remedy``) where there is no such file, with ``remedy``
    where it is not UTF-8, or larger than ``MOST_BYTES``.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise kind(f"larger than {MOST_BYTES / 1e6:.0f} MB", where=str(path), remedy=remedy)
        return path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        raise kind("the file does not exist", where=str(path), remedy=missing or remedy) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise kind(
            f"not UTF-8 text (line {line})", where=str(path), remedy=remedy or "save it as UTF-8"
        ) from None
    except OSError as error:
        raise kind(f"cannot be read ({error.strerror})", where=str(path), remedy=remedy) from None


class Told(TypedDict, total=False):
    """How an unreadable file is told: see ``read_text``."""

    remedy: str | None
    missing: str | None
    kind: type[ValActError]


def read_yaml(path: Path, **told: Unpack[Told]) -> Any:
    """What a YAML file holds; errors as of ``read_text`` and ``parse_yaml``."""
    text = read_text(path, **told)
    return parse_yaml(text, where=str(path), remedy=told.get("remedy"), kind=told.get("kind", InputError))


def read_json(path: Path, **told: Unpack[Told]) -> Any:
    """What a JSON file holds; errors as of ``read_text`` and ``parse_json``."""
    text = read_text(path, **told)
    return parse_json(text, where=str(path), remedy=told.get("remedy"), kind=told.get("kind", InputError))


def parse_yaml(
    text: str, *, where: str, remedy: str | None = None, kind: type[ValActError] = InputError
) -> Any:
    """What the YAML says. Raises ``kind`` with line and column where it is not valid, or says one key twice, of which
    YAML would silently take the last."""
    try:
        return yaml.load(text, _Loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise kind(f"not valid YAML: {_yaml_fault(error)}", where=where, remedy=remedy) from None


def parse_json(
    text: str, *, where: str, remedy: str | None = None, kind: type[ValActError] = InputError
) -> Any:
    """What the JSON says. Raises ``kind`` with line and column where it is not valid."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a plain ValueError
        raise kind(f"not valid JSON: {_json_fault(error)}", where=where, remedy=remedy) from None


def first_fault(error: pydantic.ValidationError) -> str:
    """The first of what pydantic found wrong, with its place; never the input, which may be long or anybody's."""
    fault = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, fault["loc"])) or "the whole file"
    return f"{place}: {fault['msg']}"[:500]


def as_json(content: Any) -> str:
    """JSON as we write it for people and for git: indented, letters as they are, no NaN (ValueError)."""
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(content: Any, path: Path) -> None:
    """Writes ``as_json``, whole or not at all."""
    write_text(as_json(content), path)


class _Loader(yaml.SafeLoader):
    """Safe loading that takes no key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        lines: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                continue
            name = (key.tag, key.value)
            if name in lines:
                raise yaml.constructor.ConstructorError(
                    problem=f"{key.value!r} is there twice, first in line {lines[name]}",
                    problem_mark=key.start_mark,
                )
            lines[name] = key.start_mark.line + 1
        return super().construct_mapping(node, deep)


def _yaml_fault(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return _ENDLESS
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return " ".join(str(error).split())
    mark = error.problem_mark
    return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem or error.context}"


def _json_fault(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return _ENDLESS
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}: {error.msg}"
    return str(error)
