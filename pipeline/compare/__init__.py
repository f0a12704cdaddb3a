"""Two respondents, or two runs, question by question."""
