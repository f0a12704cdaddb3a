"""Taking posts back: which ones, out of every local copy, and never in again.

``register`` knows the posts, ``erase`` takes them out of what is on this machine, ``freeze`` tells DVC that what
is left is what was built, ``act`` does it all in an order that survives a stop, and ``refresh`` asks Reddit
which posts of a release are gone.
"""
