"""E-mail addresses, written plainly or spelt out ("jane at example dot org").

Whatever has the shape of an address is one: whether its suffix exists changes with time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.masking.kind import Kind

_LOCAL = re.compile(r"[\w.+%'!#$&*/=?^`{|}~-]", re.ASCII)
_LONGEST_LOCAL = 64
_HOST = re.compile(r"@[\w-]{1,63}+(?:\.[\w-]{1,63}+){1,9}")
_AT = r"(?: ?[(\[{<] ?at ?[)\]}>] ?)"
_DOT = r"(?: ?[(\[{<] ?dot ?[)\]}>] ?| dot |\.)"
_SUFFIX = r"(?:com|org|net|edu|gov|info|io|me|co|uk|us|ca|de|fr|in|au|nz|eu|ch|nl|es|it)"
_SPELT = re.compile(
    # "name (at) host", "name at host dot com" and, at well-known hosts, "name at gmail.com"
    rf"(?<![\w.+-])[\w+-]{{1,64}}+(?:{_DOT}[\w+-]{{1,64}}+){{0,3}}"
    rf"(?:{_AT}[\w-]{{1,63}}+(?:{_DOT}[\w-]{{1,63}}+){{1,4}}"
    rf"| at [\w-]{{1,63}}+(?: dot [\w-]{{1,63}}+){{0,2}} dot {_SUFFIX}\b"
    rf"| at (?:gmail|googlemail|yahoo|hotmail|outlook|icloud|proton|protonmail|aol|gmx|live|msn)\.{_SUFFIX}\b)",
    re.IGNORECASE,
)


def _find(text: str) -> Iterator[tuple[int, int]]:
    end = 0
    for host in _HOST.finditer(text):
        start = host.start()
        while start > end and host.start() - start < _LONGEST_LOCAL and _LOCAL.match(text[start - 1]):
            start -= 1
        if start < host.start():
            yield start, host.end()
            end = host.end()
    if "at" in text or "AT" in text:
        for match in _SPELT.finditer(text):
            yield match.span()


ENTRY = Kind(placeholder="[EMAIL]", rank=10, meaning="e-mail addresses", find=_find)
