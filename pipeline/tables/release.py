"""How many rows each step left."""

from __future__ import annotations

import dataframely as dy


class Funnel(dy.Schema):
    """Posts, scenarios and questions left after each step, per category."""

    order = dy.Int32(primary_key=True, min=1, description="Order of the step")
    step = dy.String(nullable=False, description="Step of the pipeline")
    category = dy.String(primary_key=True, description="Category")
    count = dy.Int64(nullable=False, min=0, description="Rows left after the step")
