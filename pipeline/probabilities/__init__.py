"""Enacted values from the probabilities of the letters, where a provider gave those of the answer's tokens."""
