"""Instruments that ask for values by items. Each is a data file of this folder, found by its name: key, scale,
centring, exclusion rules. Wordings that are not ours to ship are files that the user names.
"""

from pipeline.instruments.instrument import Instrument, Rules, load, names
from pipeline.instruments.wording import Wording, read_wording, stand_in

__all__ = ["Instrument", "Rules", "Wording", "load", "names", "read_wording", "stand_in"]
