"""The way to a Label Studio server: where it is, by which key, and what its errors mean."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline.core.errors import CredentialsError, ProviderError, ValActError

if TYPE_CHECKING:
    import httpx
    from label_studio_sdk import LabelStudio

URL, KEY = "LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY"
# An export of thousands of judgements is one answer.
TIMEOUT = 300
KEY_REMEDY = (
    f"in Label Studio, Account & Settings (top right) -> Personal Access Token; export it as {KEY}. "
    "The server of `make annotate` says where its own is; `valact annotate key` takes a renewed one there"
)


@dataclass(frozen=True)
class Server:
    """Address and key of a Label Studio server; the key shows in no repr."""

    url: str
    key: str = field(repr=False)


def server() -> Server | None:
    """The server that the environment names; None where it names none. CredentialsError for one without a key."""
    url, key = os.environ.get(URL, "").strip().rstrip("/"), os.environ.get(KEY, "").strip()
    if not url:
        return None
    if not url.startswith(("http://", "https://")):
        raise ValActError(f"{url!r} is no address", where=URL, remedy="it begins with http:// or https://")
    if not key:
        raise CredentialsError(f"{URL} is set, but no key", where=KEY, remedy=KEY_REMEDY)
    return Server(url, key)


def needed() -> Server:
    """The server that the environment names; CredentialsError where it names none."""
    found = server()
    if found is None:
        raise CredentialsError(
            "no Label Studio server is set",
            where=URL,
            remedy=f"export {URL} and {KEY}; `make annotate` starts a server and says both",
        )
    return found


@contextmanager
def connect(server: Server) -> Iterator[LabelStudio]:
    """A client of the server; while it is used, what goes wrong on the way is one readable error."""
    import httpx
    from label_studio_sdk import LabelStudio
    from label_studio_sdk.core.api_error import ApiError

    try:
        # A proxy of the environment knows no way to this machine.
        with httpx.Client(
            timeout=TIMEOUT,
            trust_env=not _is_here(server.url),
            follow_redirects=True,
            event_hooks={"response": [_stays_there]},
        ) as wire:
            yield LabelStudio(base_url=server.url, api_key=server.key, httpx_client=wire, max_retries=1)
    except httpx.HTTPError as error:
        raise ProviderError(
            f"no Label Studio server answers ({error or type(error).__name__})",
            where=server.url,
            remedy=f"start it (`make annotate` starts one on this machine), correct {URL}, or unset it to work "
            "without a server",
        ) from None
    except ApiError as error:
        raise _explained(error, server) from None
    except ValueError as error:  # an answer that is not JSON: another web server is there
        raise ProviderError(f"what answers is not Label Studio ({error})", where=server.url) from None


def _stays_there(response: httpx.Response) -> None:
    """ProviderError for a redirect to another server: it would get the key, and what is sent along."""
    if response.has_redirect_location:
        origin, target = response.request.url, response.request.url.join(response.headers["location"])
        here, there = (f"{url.scheme}://{url.netloc.decode()}" for url in (origin, target))
        if here != there:
            raise ProviderError(
                f"the server sends on to another one, {there}, which is not followed",
                where=here,
                remedy=f"if that is where your server is now, set {URL} to it",
            )


def _explained(error: Exception, server: Server) -> ValActError:
    status, body = getattr(error, "status_code", None), getattr(error, "body", None)
    if status in (401, 403):
        return CredentialsError("the server refuses the key", where=KEY, remedy=KEY_REMEDY)
    if status is None or status < 400:
        return ProviderError("what answers is not Label Studio", where=server.url, remedy=f"correct {URL}")
    detail = body
    if isinstance(body, dict):
        detail = (
            "; ".join(str(body[name]) for name in ("detail", "validation_errors") if body.get(name)) or body
        )
    return ProviderError(f"the server answered {status}: {str(detail)[:500]}", where=server.url)


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
