"""Instruments as data: keys, scales and exclusion rules are files in this folder, item wordings files that the user
names. See ``pvq`` for the PVQ-40 and the stand-in that comes with this software.
"""
