"""The HTTP session of every provider: one connection a call in the air, and no state between calls."""

from __future__ import annotations

import ssl
import urllib.request
from urllib.parse import urlsplit

import aiohttp


def session(base_url: str, certificates: ssl.SSLContext | None = None) -> aiohttp.ClientSession:
    """A session for calls below ``base_url``, through the proxy of the environment if there is one.

    Not with aiohttp's ``trust_env``: that reads .netrc as well, in a thread for each call, and fails where it
    finds an entry for a host to which a key is sent.
    """
    # The engine bounds the calls in flight; a second, hidden bound would only confuse.
    connector = aiohttp.TCPConnector(limit=0, ssl=certificates or True)
    return aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), proxy=_proxy(base_url)
    )


def _proxy(url: str) -> str | None:
    parts = urlsplit(url)
    if urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")
