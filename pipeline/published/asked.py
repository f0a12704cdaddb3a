"""What the published study asked: the PVQ-40, and questions on its ten values. That is a fact, and no setting."""

from __future__ import annotations

from pipeline.instruments import load

INSTRUMENT = load("pvq40")
VALUES = INSTRUMENT.inventory
