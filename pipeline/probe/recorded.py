"""Recorded answers with all that came with them, from the store and from transcripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

from pipeline.engine import transcripts
from pipeline.engine.response import Response
from pipeline.engine.store import Store
from pipeline.params.models import Responses

# By request key; None for what nobody recorded.
Find = Callable[[str], Response | None]


@contextmanager
def recorded(settings: Responses) -> Iterator[Find]:
    """Looks answers up, ``extra`` included."""
    index = transcripts.open_index(settings.transcripts, beside=settings.store)
    with ExitStack() as stack:
        stores = [Store(settings.store, read_only=True), *([] if index is None else [index])]
        for store in stores:
            stack.enter_context(closing(store))

        def find(key: str) -> Response | None:
            shown = next((found for store in stores if (found := store.show(key))), None)
            return shown and shown[1]

        yield find
