"""Whether models were trained on the texts: they are given first halves, and asked for the second."""
