"""Recorded model responses: ask once, keep for ever. See ``engine`` for how, ``request`` for the key."""

from pipeline.llm.engine import Engine
from pipeline.llm.request import Message, Request
from pipeline.llm.response import Response

__all__ = ["Engine", "Message", "Request", "Response"]
