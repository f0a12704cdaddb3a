"""ValAct: builds the ValAct-15k dataset and measures language models with it."""

__version__ = "0.1.0"
