"""Judge: the panel votes on every candidate; quotas draw the scenarios."""
