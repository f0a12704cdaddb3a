"""Actions: ten a scenario and generator, one for each value, checked and repaired."""

from pipeline.actions.generate import Generation, generate

__all__ = ["Generation", "generate"]
