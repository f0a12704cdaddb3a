"""The published data of the second paper (arXiv 2501.15463, ValueActionLens) into the tables of the lens: ratings of
values, choices between two actions, the actions, what observers predicted and what experts judged.
"""
