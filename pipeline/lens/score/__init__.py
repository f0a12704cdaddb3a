"""Score: the answers of all respondents as one set, and what they enact and declare."""
