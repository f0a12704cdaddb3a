"""Names of people; see ``pipeline.filter.people``."""

from __future__ import annotations

from pipeline.filter.kind import Kind
from pipeline.filter.people.find import find_people

ENTRY = Kind(placeholder="[PERSON]", rank=90, meaning="names of people", find=find_people)
