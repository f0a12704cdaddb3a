"""Read-only access to Reddit's API: credentials, rate limits, and errors that say what to do.

PRAW does the OAuth and sleeps as Reddit's rate-limit headers ask. Pages are requested one by one rather than
through its listing objects, because a page is what is recorded and resumed.
"""

from __future__ import annotations

import configparser
import os
import time
from collections.abc import Callable
from typing import Any

import praw
from praw.exceptions import MissingRequiredAttributeException, RedditAPIException
from prawcore import exceptions as http

from pipeline.core.errors import CredentialsError, ProviderError

VARIABLES = ("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET", "REDDIT_USER_AGENT")
GET_KEYS = "docs/design.md says how to apply to Reddit for keys; dumps (source 'archive') need none"
# Reddit answers 429 when several programs share a key; each wait is as long as it asks, up to ten minutes.
WAITS = 5
LONGEST_WAIT = 600.0


class Unavailable(Exception):
    """This path cannot be read (private, banned, quarantined, no such subreddit); others can."""


class Client:
    """One signed-in session. ``site`` names a section of praw.ini; None means the ``REDDIT_*`` variables.

    ``REDDIT_URL`` and ``REDDIT_OAUTH_URL`` lead to another server than Reddit's own. Raises CredentialsError
    where a setting is missing; keys that Reddit refuses are noticed at the first request.
    """

    def __init__(self, site: str | None = None) -> None:
        settings: dict[str, Any] = {"check_for_updates": False, "check_for_async": False}
        for setting, variable in (("reddit_url", "REDDIT_URL"), ("oauth_url", "REDDIT_OAUTH_URL")):
            if url := os.environ.get(variable):
                settings[setting] = url.rstrip("/")
        if site is None:
            missing = [name for name in VARIABLES if not os.environ.get(name)]
            if missing:
                raise CredentialsError(
                    f"not set: {', '.join(missing)}", where="Reddit's API", remedy=f"export them; {GET_KEYS}"
                )
            for setting, variable in zip(
                ("client_id", "client_secret", "user_agent"), VARIABLES, strict=True
            ):
                settings[setting] = os.environ[variable]
        try:
            self._reddit = praw.Reddit(site, **settings)
        except (configparser.NoSectionError, MissingRequiredAttributeException) as error:
            raise CredentialsError(
                f"praw.ini has no usable section {site!r} ({str(error).splitlines()[0]})",
                where="scrape.praw.site",
                remedy="it needs client_id, client_secret and user_agent; praw.ini lies here or in ~/.config",
            ) from None
        self._reddit.read_only = True

    def get(self, path: str, query: dict[str, Any], note: Callable[[str], object]) -> dict[str, Any]:
        """The JSON at ``path``; ``note`` is told in words when there is a wait.

        Raises Unavailable for this path, CredentialsError or ProviderError for all.
        """
        for _ in range(WAITS):
            try:
                return self._reddit.request(method="GET", path=path, params=query)
            except http.TooManyRequests as error:
                seconds = min(_seconds(error.retry_after), LONGEST_WAIT)
                note(f"Reddit asks to wait {seconds:.0f} s")
                time.sleep(seconds)
            except (
                http.Forbidden,
                http.NotFound,
                http.Redirect,
                http.UnavailableForLegalReasons,
                http.BadRequest,
                RedditAPIException,
            ) as error:
                raise Unavailable(_in_words(error)) from None
            except (http.OAuthException, http.InvalidToken, http.InsufficientScope) as error:
                raise _refused(str(error)) from None
            except http.ResponseException as error:
                if error.response.status_code in (400, 401, 403):
                    # Only the token endpoint answers so without one of the types above.
                    raise _refused(f"HTTP {error.response.status_code} where a token was asked for") from None
                raise _failed(f"HTTP {error.response.status_code}") from None
            except http.PrawcoreException as error:
                raise _failed(str(error)) from None
        raise _failed("too many requests, in spite of waiting")

    def limits(self) -> str:
        """What Reddit's headers last said, for people."""
        remaining = self._reddit.auth.limits["remaining"]
        return "no rate limit seen" if remaining is None else f"{remaining} requests left before a pause"


def _in_words(error: Exception) -> str:
    if isinstance(error, http.Forbidden):
        return "private, quarantined or closed to this key (HTTP 403)"
    if isinstance(error, http.NotFound):
        return "banned or never existed (HTTP 404)"
    if isinstance(error, http.Redirect):
        return "no subreddit of that name (Reddit answers with a search page)"
    return str(error)


def _seconds(retry_after: str | None) -> float:
    try:
        return float(retry_after or 60)
    except ValueError:
        return 60.0


def _refused(what: str) -> CredentialsError:
    return CredentialsError(
        f"Reddit refuses the credentials ({what})",
        where="Reddit's API",
        remedy=f"check {VARIABLES[0]} and {VARIABLES[1]}, or the section of praw.ini; {GET_KEYS}",
    )


def _failed(what: str) -> ProviderError:
    return ProviderError(
        f"Reddit cannot be used now ({what})",
        where="Reddit's API",
        remedy="what was fetched is kept in .harvest; run again later to go on",
    )
