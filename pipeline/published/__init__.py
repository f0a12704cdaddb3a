"""Published results of the paper's authors, read from a clone of theirs into the tables of any other respondent."""
