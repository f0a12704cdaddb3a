"""Predict: what an observer that has seen examples says a respondent agrees with."""
