"""Grok at xAI: chat completions with a token limit by its new name and thinking tokens counted beside the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pipeline.engine.response import COMMON_ENDINGS, Ending
from pipeline.engine.wire.batch.containers import container_batches
from pipeline.engine.wire.chat import CHAT_CODES, COMMON_PARAMETERS, LOGPROBS, ChatDialect
from pipeline.engine.wire.entry import ProviderEntry
from pipeline.engine.wire.errors import Codes
from pipeline.engine.wire.http import connector
from pipeline.engine.wire.listing import openai_list

# "end_turn" is a finish reason of its deferred and streamed answers.
ENDINGS: Mapping[str, Ending] = {**COMMON_ENDINGS, "end_turn": "whole", "tool_calls": "unusable"}
CODES = Codes(
    blocked=CHAT_CODES.blocked,
    key=CHAT_CODES.key,
    credit=CHAT_CODES.credit,
    model=CHAT_CODES.model,
    # It has no codes of its own for this, and answers 403 to a text that it will not take.
    says_blocked=r"content violates usage guidelines|safety_check",
)


DIALECT = ChatDialect(endings=ENDINGS, codes=CODES, limit="max_completion_tokens")


ENTRY = ProviderEntry(
    says="xAI",
    variable="XAI",
    base_url="https://api.x.ai/v1",
    connect=connector(DIALECT),
    listing=openai_list,
    # The documentation says neither the code nor the form of a request that failed: every one is asked again.
    batches=container_batches(
        DIALECT,
        lambda key: DIALECT.headers(key, 1),
        documentation="xAI: Advanced API usage, Batch API (create, add requests, results by pages; cheaper by model)",
    ),
    endings=ENDINGS,
    parameters={
        **COMMON_PARAMETERS,
        **LOGPROBS,
        # Which of them a model takes differs: grok-4 takes none, grok-4.3 all.
        "reasoning_effort": Literal["none", "low", "medium", "high"],
    },
    documentation=(
        "xAI: REST API reference, Inference, Chat completions",
        "xAI: Guides, Reasoning; Debugging errors",
    ),
)
