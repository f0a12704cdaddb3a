"""What a call uses: as expected, and at most."""

from __future__ import annotations

import math

from pipeline.engine.request import Request
from pipeline.engine.response import Usage

# Bytes of text a token, before the first answer says better: as expected, and as the fewest there may be.
CHARACTERS, FEWEST_CHARACTERS = 3.0, 2.0
# Tokens around the text.
FRAME = 64
# More than any call can use; what is said to be more is a mistake of the server.
MOST_TOKENS = 100_000_000


def counts(usage: Usage) -> tuple[int | None, int | None, int | None]:
    """Input, cached and output tokens, None for what can be no count."""
    return _count(usage.input_tokens), _count(usage.cached_tokens), _count(usage.output_tokens)


def _count(said: object) -> int | None:
    return said if isinstance(said, int) and 0 <= said <= MOST_TOKENS else None


def size(request: Request) -> int:
    """Bytes of text that the model is sent."""
    text = len(request.schema.body) if request.schema is not None else 0
    for message in request.messages:
        content = message.content
        text += len(content) if content.isascii() else len(content.encode(errors="replace"))
    return text


class Usual:
    """What a call to a model usually uses, and what it may use at most; before there are answers, the most it can.
    ``size`` is that of a request in bytes."""

    def __init__(self) -> None:
        self._calls = self._size = self._input = self._output = 0
        self._most_input = 0.0
        self._most_output = 0

    @property
    def is_known(self) -> bool:
        """Whether there were answers."""
        return self._calls > 0

    def expect(self, size: int, max_tokens: int) -> Usage:
        if not self._calls:
            return Usage(math.ceil(size / CHARACTERS), 0, max_tokens)
        a_byte = self._input / max(self._size, 1)
        return Usage(math.ceil(size * a_byte), 0, math.ceil(self._output / self._calls))

    def most(self, size: int, max_tokens: int) -> Usage:
        """What a call of which nobody says what it used is counted as: on the side of too much, twice the longest
        answer so far but no longer than it may be."""
        if not self._calls:
            return most_usage(size, max_tokens)
        output = min(2 * self._most_output, max(max_tokens, self._most_output))
        return Usage(FRAME + math.ceil(1.25 * size * self._most_input), 0, output)

    def learn(self, size: int, usage: Usage) -> None:
        input_tokens, _, output_tokens = counts(usage)
        if input_tokens is not None and output_tokens is not None:
            self._calls += 1
            self._size += size
            self._input += input_tokens
            self._output += output_tokens
            self._most_input = max(self._most_input, input_tokens / max(size, 1))
            self._most_output = max(self._most_output, output_tokens)


def most_usage(size: int, max_tokens: int) -> Usage:
    """What a call may use of which nothing is known but its bytes and the longest answer that it allows."""
    return Usage(FRAME + math.ceil(size / FEWEST_CHARACTERS), 0, max_tokens)
