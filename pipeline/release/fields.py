"""The fields of a config, as the documents of a release describe them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import dataframely as dy

from pipeline.release.translated import schemas


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a config as documents describe it; ``name`` of a nested one is ``outer[].inner``.

    ``vocabulary`` has the codes that it holds, beside the values of the inventory where ``values``.
    """

    name: str
    type: str
    required: bool
    key: bool
    description: str
    vocabulary: tuple[str, ...] = ()
    values: bool = False


def fields(config: str) -> Iterator[Field]:
    """The fields of a config in column order, nested ones after the field that holds them."""
    yield from fields_of(schemas([config])[config])


def fields_of(schema: type[dy.Schema]) -> Iterator[Field]:
    """The same of any schema."""
    keys = set(schema.primary_key())
    for name, column in schema.columns().items():
        yield _field(name, column, key=name in keys)
        if isinstance(column, dy.List) and isinstance(column.inner, dy.Struct):
            for inner, part in column.inner.inner.items():
                yield _field(f"{name}[].{inner}", part, key=False)


def _field(name: str, column: dy.Column, *, key: bool) -> Field:
    return Field(
        name,
        _type(column),
        key or not column.nullable,
        key,
        column.description or "",
        tuple((column.metadata or {}).get("vocabulary", ())),
        bool((column.metadata or {}).get("values")),
    )


def _type(column: dy.Column) -> str:
    if isinstance(column, dy.List):
        return (
            f"list of {'struct' if isinstance(column.inner, dy.Struct) else str(column.inner.dtype).lower()}"
        )
    return str(column.dtype).lower()
