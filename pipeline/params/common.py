"""What params of every recipe hold: the run's name, its seed, its values, and the models that answer."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.params.base import Name, Section
from pipeline.params.evaluation import InventoryName
from pipeline.params.models import Model, Responses
from pipeline.values import Inventory, load


class Common(Section):
    profile: Name
    seed: int
    inventory: InventoryName = "schwartz10"
    models: dict[Name, Model]
    responses: Responses = Responses()

    @property
    def values(self) -> Inventory:
        """The inventory whose values the actions express."""
        return load(self.inventory)

    def check_models(self, key: str, names: Iterable[str]) -> None:
        """ValueError where ``key`` names a model that ``models`` does not have."""
        for name in names:
            if name not in self.models:
                raise ValueError(
                    f"{key}: {name!r} is not in models; known are {', '.join(sorted(self.models))}"
                )
