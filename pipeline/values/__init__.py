"""Inventories of values: names, order, structure, definitions in our own words. Each is a data file of this folder,
found by its name; which one a run uses, params say (``inventory``).
"""

from pipeline.values.inventory import Inventory, Value, load, names

__all__ = ["Inventory", "Value", "load", "names"]
