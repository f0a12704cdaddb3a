"""Recorded model responses: ask once, keep for ever. See ``engine`` for how, ``request`` for the key."""

from pipeline.engine.answerer import Answerer
from pipeline.engine.engine import Engine
from pipeline.engine.request import Message, Request
from pipeline.engine.response import Response

__all__ = ["Answerer", "Engine", "Message", "Request", "Response"]
