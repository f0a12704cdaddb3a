"""Kimi at Moonshot AI: chat completions whose thinking can be turned off, and whose cached tokens stand elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.engine.response import COMMON_ENDINGS, Ending
from pipeline.engine.wire.batch.files import file_batches
from pipeline.engine.wire.chat import CHAT_CODES, COMMON_PARAMETERS, THINKING_SWITCH, ChatDialect, Effort
from pipeline.engine.wire.entry import ProviderEntry
from pipeline.engine.wire.errors import Codes
from pipeline.engine.wire.http import connector
from pipeline.engine.wire.listing import openai_list

ENDINGS: Mapping[str, Ending] = {**COMMON_ENDINGS, "tool_calls": "unusable"}
CODES = Codes(
    blocked=CHAT_CODES.blocked,
    key=CHAT_CODES.key | {"incorrect_api_key_error"},
    # 429 as well, but no waiting helps.
    credit=CHAT_CODES.credit | {"exceeded_current_quota_error"},
    model=CHAT_CODES.model | {"resource_not_found_error"},
    throttled=("rate_limit_reached_error", "engine_overloaded_error"),
)


DIALECT = ChatDialect(endings=ENDINGS, codes=CODES, limit="max_completion_tokens")


ENTRY = ProviderEntry(
    says="Moonshot AI",
    variable="MOONSHOT",
    # Mainland China: https://api.moonshot.cn/v1, with keys of its own.
    base_url="https://api.moonshot.ai/v1",
    connect=connector(DIALECT),
    listing=openai_list,
    batches=file_batches(
        DIALECT,
        most_bytes=100_000_000,
        documentation="Kimi API platform: API reference, Batch (files of up to 100 MB)",
    ),
    endings=ENDINGS,
    # Temperature and top_p are fixed for kimi-k2.5 and later: leave them out there.
    parameters={**COMMON_PARAMETERS, **THINKING_SWITCH, "reasoning_effort": Effort, "prompt_cache_key": str},
    documentation=(
        "Kimi API platform: API reference, Chat; Parameter comparison",
        "Kimi API platform: Error codes",
    ),
)
