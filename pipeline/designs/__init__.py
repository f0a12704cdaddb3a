"""Designs: which values meet in which question. Each is a data file of this folder, found by its name; which one a run
uses, params say (``assemble.design``).
"""

from pipeline.designs.design import Design, Place, as_data, dumps, fits, load, loads, of_data

__all__ = ["Design", "Place", "as_data", "dumps", "fits", "load", "loads", "of_data"]
