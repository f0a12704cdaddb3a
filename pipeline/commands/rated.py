"""The recipe whose rounds a command is about: its params, and where it holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.recipe import LENS, Recipe

if TYPE_CHECKING:
    from pipeline.annotation.site import Rated, Site


def rated(recipe: Recipe) -> tuple[Rated, Site]:
    """Params, and the site, of a recipe whose actions people judge."""
    params: Any = recipe.load()
    return params, site_of(recipe)


def site_of(recipe: Recipe) -> Site:
    if recipe is LENS:
        from pipeline.lens.send.site import SITE

        return SITE
    from pipeline.annotation.site import VALACT

    return VALACT
