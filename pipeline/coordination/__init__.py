"""What the coordinator of a round of experts sees: how far it is, who the raters are, and what they know."""
