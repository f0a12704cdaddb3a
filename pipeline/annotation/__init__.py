"""Rounds of judgements: the labelling page, the Label Studio server, what goes out and comes back."""
