"""Anonymous rater ids: the same person has the same id for as long as a project lives, and nobody can turn it back.

An id is a keyed hash of the server's user number. The key is random, made with the project, and stays with those who
collect (``rater_keys``). So an export from any machine that has the key gives the same ids, and the files that are
published cannot be matched with people by trying all numbers. A project that is made again with another key has other
ids: its raters would count as new people, which is why a round's file carries a check of its key and takes no
judgements made under another one.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

LENGTH = 10


def new_key() -> str:
    """A fresh random key, 32 hexadecimal digits."""
    return secrets.token_hex(16)


def rater_id(key: str, user: object) -> str:
    """``r`` and ten hexadecimal digits for one user number of the server."""
    return "r" + _keyed(key, f"rater {user}")[:LENGTH]


def key_check(key: str) -> str:
    """Tells whether two files were made with one key, and nothing else about it."""
    return _keyed(key, "check")[:LENGTH]


def _keyed(key: str, message: str) -> str:
    return hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()
