"""Score: the answers of all respondents as one set, instruments scored."""
