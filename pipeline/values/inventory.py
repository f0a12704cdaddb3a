"""An inventory: a set of values with their order, structure, names and definitions.

``load("schwartz10")`` reads ``schwartz10.yaml`` of this folder; the comment at its head names the source. A new
inventory is a new file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pipeline.core.documents import read_yaml
from pipeline.core.entries import files_in, names_in
from pipeline.core.errors import InputError, ParamsError

FOLDER = Path(__file__).parent
_REMEDY = "pipeline/values/schwartz10.yaml is one to follow"
SLUG = re.compile(r"[a-z][a-z0-9_]*")
_FIELDS = {"title", "number", "circle", "higher_order", "coarser", "values"}
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_OF_A_VALUE = {"name", "definition", "higher_order", "within", "naming", "other_senses", "indexed"}


@dataclass(frozen=True, slots=True)
class Value:
    """One value. ``slug`` is what tables and ids hold, ``name`` what people read.

    ``higher_order``: its groups, none or several. ``within``: the value of the coarser inventory that holds it, if any;
    ``indexed`` is false where that one's score leaves it out. ``naming``: a regular expression for words that name the
    value or a close inflection; ``other_senses``: patterns of spaCy's Matcher, as JSON, in which such a word means
    something else. ``elsewhere``: name and definition in other languages.
    """

    slug: str
    name: str
    definition: str
    higher_order: tuple[str, ...] = ()
    naming: str | None = None
    other_senses: tuple[str, ...] = ()
    within: str | None = None
    indexed: bool = True
    elsewhere: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Inventory:
    """Values in their order: around the circle where there is one (``circle``), else as the source lists them.

    ``title`` and ``number`` (by language) are words for sentences: "the ten basic values", "ten". ``coarser`` names
    the inventory whose values hold these. Two inventories of one name are equal.
    """

    name: str
    title: str
    number: tuple[tuple[str, str], ...]
    circle: bool
    higher_order: tuple[str, ...]
    coarser: str | None
    values: tuple[Value, ...]

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def slugs(self) -> tuple[str, ...]:
        return tuple(value.slug for value in self.values)

    @cached_property
    def by_slug(self) -> dict[str, Value]:
        return {value.slug: value for value in self.values}

    @cached_property
    def index(self) -> dict[str, int]:
        """Place of each value in the order, from 0."""
        return {slug: place for place, slug in enumerate(self.slugs)}

    @cached_property
    def slug_of(self) -> dict[str, str]:
        """Slug of each slug and of each English name in lower case."""
        return {spelling: v.slug for v in self.values for spelling in (v.slug, v.name.lower())}

    def in_words(self, language: str) -> str:
        """How many values there are, as a word where the language has one in the file, else in digits."""
        return dict(self.number).get(language, str(len(self)))

    def texts(self, language: str) -> dict[str, tuple[str, str]]:
        """Name and definition of each value; ParamsError where the inventory lacks the language."""
        if language == "en":
            return {value.slug: (value.name, value.definition) for value in self.values}
        found = {
            value.slug: (name, definition)
            for value in self.values
            for spoken, name, definition in value.elsewhere
            if spoken == language
        }
        if len(found) < len(self):
            raise ParamsError(
                f"inventory {self.name!r} has no names and definitions in {language!r}",
                where="inventory",
                remedy=f"add them to pipeline/values/{self.name}.yaml, or leave {language!r} out of "
                "administer.languages",
            )
        return found

    def members(self, of: Inventory) -> dict[str, tuple[str, ...]] | None:
        """For each value of ``of`` the values here that make up its score: itself in the same inventory, those within
        it in the coarser one; None where the two do not compare."""
        if of.name == self.name:
            return {slug: (slug,) for slug in self.slugs}
        if of.name != self.coarser:
            return None
        return {
            slug: tuple(value.slug for value in self.values if value.within == slug and value.indexed)
            for slug in of.slugs
        }


def names() -> list[str]:
    """The inventories there are."""
    return names_in(FOLDER, ".yaml")


@cache
def load(name: str) -> Inventory:
    """The inventory of that name; ParamsError where there is none, InputError where its file is not one."""
    files = files_in(FOLDER, ".yaml")
    if name not in files:
        raise ParamsError(
            f"there is no inventory {name!r}; known are {', '.join(names())}", where="inventory"
        )
    return read(files[name])


def read(path: Path) -> Inventory:
    """The inventory in a file. InputError for fields it does not know, values without name or definition, groups that
    it does not list, and values that lie within none of the coarser inventory."""
    content = read_yaml(path, remedy=_REMEDY)
    if not isinstance(content, dict) or set(content) - _FIELDS or not isinstance(content.get("values"), dict):
        raise _bad(path, f"a mapping of {', '.join(sorted(_FIELDS))} is needed")
    groups = tuple(content.get("higher_order") or ())
    values = tuple(_value(slug, fields, groups, path) for slug, fields in content["values"].items())
    if len(values) < 2:
        raise _bad(path, "two values or more are needed")
    coarser = content.get("coarser")
    if coarser is not None:
        known = load(coarser).slugs
        for value in values:
            if value.within is not None and value.within not in known:
                raise _bad(path, f"{value.slug} lies within {value.within!r}, which {coarser} does not have")
    return Inventory(
        path.stem,
        str(content.get("title") or path.stem),
        tuple((content.get("number") or {}).items()),
        bool(content.get("circle")),
        groups,
        coarser,
        values,
    )


def _value(slug: Any, fields: Any, groups: tuple[str, ...], path: Path) -> Value:
    if not isinstance(slug, str) or not SLUG.fullmatch(slug):
        raise _bad(
            path, f"{slug!r}: small letters, digits and '_' are wanted, because it becomes part of ids"
        )
    if not isinstance(fields, Mapping):
        raise _bad(path, f"{slug} has no fields")
    languages = {str(field) for field in fields if field not in _OF_A_VALUE}
    if unknown := {field for field in languages if not _LANGUAGE.fullmatch(field)}:
        raise _bad(path, f"{slug}: there is no such field: {', '.join(sorted(unknown))}")
    texts = [("en", fields), *((language, fields[language]) for language in sorted(languages))]
    for language, text in texts:
        for field in ("name", "definition"):
            if not isinstance(text, Mapping) or not str(text.get(field) or "").strip():
                raise _bad(path, f"{slug} has no {field} in {language!r}")
    if strange := set(fields.get("higher_order") or ()) - set(groups):
        raise _bad(path, f"{slug} belongs to {sorted(strange)[0]!r}, which higher_order does not list")
    senses = fields.get("other_senses") or ()
    if not all(isinstance(pattern, list) and all(isinstance(t, dict) for t in pattern) for pattern in senses):
        raise _bad(path, f"{slug}: other_senses are lists of tokens, as spaCy's Matcher has them")
    return Value(
        slug,
        name=str(fields["name"]).strip(),
        definition=" ".join(str(fields["definition"]).split()),
        higher_order=tuple(fields.get("higher_order") or ()),
        naming=fields.get("naming"),
        other_senses=tuple(json.dumps(pattern) for pattern in senses),
        within=fields.get("within"),
        indexed=bool(fields.get("indexed", True)),
        elsewhere=tuple(
            (language, str(text["name"]), str(text["definition"])) for language, text in texts[1:]
        ),
    )


def _bad(path: Path, message: str) -> InputError:
    return InputError(message, where=str(path), remedy=_REMEDY)
