"""Names of people; see ``pipeline.masking.people``."""

from __future__ import annotations

from pipeline.masking.kind import Kind
from pipeline.masking.people.find import find_people

ENTRY = Kind(placeholder="[PERSON]", rank=90, meaning="names of people", find=find_people)
