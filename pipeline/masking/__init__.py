"""Masking: personal data in a text, found by kinds that are one file each, and replaced by placeholders."""
