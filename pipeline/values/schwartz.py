"""The ten values as module constants, for code that is not handed an inventory yet."""

from __future__ import annotations

from pipeline.values.inventory import Value, load

VALUES: tuple[Value, ...] = load("schwartz10").values
SLUGS: tuple[str, ...] = load("schwartz10").slugs
BY_SLUG: dict[str, Value] = load("schwartz10").by_slug
