"""Scrape: posts from the source that params name."""
