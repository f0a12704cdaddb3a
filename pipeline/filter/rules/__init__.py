"""The rules of the filter, one file each, found by name: the file's name is the reason code in the ledger."""

from __future__ import annotations

from pipeline.core.entries import Entries
from pipeline.filter.rule import Rule

RULES = Entries("rule", __name__, Rule).all()
# Reason codes and what they mean.
MEANINGS = {name: rule.meaning for name, rule in RULES.items()}
