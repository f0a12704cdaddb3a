"""Masking: personal data in a text, found by kinds that are one file each. Filter, generate and hydration share it."""
