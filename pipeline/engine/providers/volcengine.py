"""Doubao at Volcano Engine's Ark: chat completions whose thinking can be turned off, and which say what was blocked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pipeline.engine.response import COMMON_ENDINGS, Ending
from pipeline.engine.wire.chat import CHAT_CODES, COMMON_PARAMETERS, LOGPROBS, THINKING_SWITCH, ChatDialect
from pipeline.engine.wire.entry import ProviderEntry
from pipeline.engine.wire.errors import Codes
from pipeline.engine.wire.http import connector
from pipeline.engine.wire.listing import openai_list

ENDINGS: Mapping[str, Ending] = {**COMMON_ENDINGS, "tool_calls": "unusable"}
CODES = Codes(
    blocked=CHAT_CODES.blocked
    | {
        "SensitiveContentDetected",
        "SensitiveContentDetected.SevereViolation",
        "SensitiveContentDetected.Violence",
        "InputTextSensitiveContentDetected",
        "OutputTextSensitiveContentDetected",
        "InputTextRiskDetection",
        "OutputTextRiskDetection",
    },
    key=frozenset({"AuthenticationError", "InvalidAccountStatus"}),
    credit=frozenset({"AccountOverdueError"}),
    model=frozenset({"InvalidEndpointOrModel.NotFound", "InvalidEndpointOrModel", "ModelNotOpen"}),
    throttled=("RateLimitExceeded", "ServerOverloaded", "ModelAccount", "AccountRateLimitExceeded"),
)


DIALECT = ChatDialect(endings=ENDINGS, codes=CODES)

ENTRY = ProviderEntry(
    says="Volcano Engine",
    variable="VOLCENGINE",
    base_url="https://ark.cn-beijing.volces.com/api/v3",
    connect=connector(DIALECT),
    listing=openai_list,
    endings=ENDINGS,
    parameters={
        **COMMON_PARAMETERS,
        **LOGPROBS,
        **THINKING_SWITCH,
        "reasoning_effort": Literal["minimal", "low", "medium", "high"],
        # Answer and thinking together; then max_tokens has to be left out.
        "max_completion_tokens": int,
        "service_tier": str,
    },
    documentation=(
        "Volcano Engine Ark: Chat API reference (82379/1494384)",
        "Volcano Engine Ark: Deep thinking (82379/1449737); Error codes (82379/1299023)",
    ),
)
