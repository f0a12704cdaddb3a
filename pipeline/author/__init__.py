"""Fresh dilemmas, which no crawl and no training data hold: a model writes them from seeds."""
