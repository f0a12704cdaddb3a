"""The rules of the filter, one file each, found by name: the file's name is the reason code in the ledger."""

from __future__ import annotations

from pipeline.core import entries
from pipeline.filter.rule import Rule

RULES = entries.found(__name__, __path__, Rule)
# Reason codes and what they mean.
MEANINGS = {name: rule.meaning for name, rule in RULES.items()}
