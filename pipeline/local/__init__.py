"""Servers that run on this machine."""
