"""GLM at Z.ai (Zhipu): chat completions with endings and numbered errors of its own."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.engine.response import COMMON_ENDINGS, Ending
from pipeline.engine.wire.batch.files import file_batches
from pipeline.engine.wire.chat import CHAT_CODES, COMMON_PARAMETERS, THINKING_SWITCH, ChatDialect
from pipeline.engine.wire.entry import ProviderEntry
from pipeline.engine.wire.errors import Codes
from pipeline.engine.wire.http import connector
from pipeline.engine.wire.listing import openai_list

ENDINGS: Mapping[str, Ending] = {
    **COMMON_ENDINGS,
    "sensitive": "blocked",
    "model_context_window_exceeded": "cut",
    "network_error": "broken",
    "tool_calls": "unusable",
}
CODES = Codes(
    blocked=CHAT_CODES.blocked | {"1301"},
    key=frozenset({"1000", "1001", "1002", "1003", "1004"}),
    # No balance, or a package that has run out: 429 as well, but no waiting helps.
    credit=frozenset({"1112", "1113", "1309"}),
    model=frozenset({"1211", "1221", "1222"}),
    throttled=("1302", "1303", "1304", "1305", "1308", "1312"),
)


DIALECT = ChatDialect(endings=ENDINGS, codes=CODES)


ENTRY = ProviderEntry(
    says="Z.ai",
    variable="ZAI",
    # Mainland China: https://open.bigmodel.cn/api/paas/v4, with keys of its own.
    base_url="https://api.z.ai/api/paas/v4",
    connect=connector(DIALECT),
    listing=openai_list,
    # JSON mode, but no schema that it enforces.
    strict_schemas=False,
    # Documented for the address in mainland China; whether Z.ai's own takes them could not be checked.
    batches=file_batches(
        DIALECT,
        url="/v4/chat/completions",
        most_bytes=100_000_000,
        documentation="BigModel (Zhipu): API reference, Batch, Create a batch",
    ),
    endings=ENDINGS,
    parameters={
        **{name: kind for name, kind in COMMON_PARAMETERS.items() if not name.endswith("_penalty")},
        **THINKING_SWITCH,
        "do_sample": bool,
    },
    documentation=("Z.ai: API reference, Chat completion", "Z.ai: Errors"),
)
