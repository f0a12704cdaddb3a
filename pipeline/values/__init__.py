"""Inventories of values: names, order, structure, definitions in our own words."""
