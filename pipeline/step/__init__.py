"""What every step of a recipe is: named tables in, named tables out, and the requests in between."""

from pipeline.step import about
from pipeline.step.step import FollowUp, Job, Planning, Step

__all__ = ["FollowUp", "Job", "Planning", "Step", "about"]
