"""The optional parts of the installation (extras of the package): which one brings a module that is not there."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec

PACKAGE = "valact"
# Modules that are called otherwise than the package that brings them.
BROUGHT_BY = {"sklearn": "scikit-learn", "vl_convert": "vl-convert-python"}
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+).*?extra == ['\"](\w+)['\"]")


def is_there(module: str) -> bool:
    return find_spec(module) is not None


def lacking(module: str) -> str | None:
    """A sentence that says what to install for a module that is not there; None where no extra brings it."""
    top = module.partition(".")[0]
    name = BROUGHT_BY.get(top, top).replace("_", "-").lower()
    extra = _extras().get(name)
    return extra and f"this needs {name}, which is not installed: {install(extra)} brings it"


def install(extra: str) -> str:
    return f"`pip install '{PACKAGE}[{extra}]'`"


def _extras() -> dict[str, str]:
    """Extra by the name of each package that it brings; nothing where valact is not installed as a package."""
    try:
        lines = requires(PACKAGE) or []
    except PackageNotFoundError:
        return {}
    found = [match.groups() for line in lines if (match := _REQUIREMENT.match(line))]
    return {name.replace("_", "-").lower(): extra for name, extra in found if name != PACKAGE}
