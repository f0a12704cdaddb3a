"""Vega, which shows figures that one can look into: the script that a page carries, and specifications for it.

Specifications are compiled when the report is written, so that the page carries Vega alone, as vl-convert-python ships
it (BSD-3-Clause).
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

Spec = dict[str, Any]
FONT = "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif"
CONFIG = {
    "font": FONT,
    "aria": False,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "labelLimit": 260,
        "gridColor": "#e8e8e8",
        "domain": False,
    },
    "legend": {"labelFontSize": 12, "titleFontSize": 12, "labelLimit": 240, "orient": "top"},
}


@cache
def runtime() -> str:
    """Vega, as a script that defines ``window.vegaEmbed``."""
    import vl_convert

    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")).replace(
        "</script", "<\\/script"
    )


def compiled(spec: Spec) -> str:
    """The Vega specification of a Vega-Lite one, as JSON that may stand in a page."""
    import vl_convert

    found = vl_convert.vegalite_to_vega(spec | {"config": CONFIG, "background": None})
    return json.dumps(found, separators=(",", ":"), sort_keys=True, ensure_ascii=False).replace(
        "<", "\\u003c"
    )
