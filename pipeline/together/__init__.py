"""Respondents who discuss: each sees what the others chose and why, and chooses again; and each alone, as the
control."""
