"""JSON calls about batches, for wires without an SDK here: looks are tried again, starts never."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from typing import IO, Any

import msgspec

from pipeline.engine.endpoint import Endpoint
from pipeline.engine.wire.batch import refused, unreachable
from pipeline.engine.wire.errors import Codes, error_said
from pipeline.engine.wire.outcomes import clean, key_refused, no_credit, redirected
from pipeline.engine.wire.retry import is_retried, wait_before_retry


class Http:
    """Calls to one endpoint. Raises as ``BatchServer`` does."""

    def __init__(
        self, endpoint: Endpoint, headers: Mapping[str, str], codes: Codes, *, timeout: float, retries: int
    ) -> None:
        import httpx2

        self.endpoint = endpoint
        self.key = endpoint.api_key()
        self._codes = codes
        self._retries = retries
        # It follows no redirect, so that the key goes nowhere else.
        self._client = httpx2.Client(headers=dict(headers), timeout=timeout)

    def get(self, path: str) -> Any:
        """A look: made again where it broke."""
        return self._json("GET", path, None, self._retries)

    def post(self, path: str, content: bytes = b"{}", *, again: bool = False) -> Any:
        return self._json("POST", path, content, self._retries if again else 0)

    def download(self, path: str, file: IO[bytes]) -> None:
        """Into a file, so that a broken download settles nothing."""
        import httpx2

        try:
            with self._client.stream("GET", f"{self.endpoint.base_url}/{path}") as answer:
                if answer.status_code != 200:
                    answer.read()
                    self._check(answer)
                for chunk in answer.iter_bytes():
                    file.write(chunk)
        except httpx2.HTTPError as error:
            raise self._silent(error) from error
        file.seek(0)

    def close(self) -> None:
        self._client.close()

    def _json(self, method: str, path: str, content: bytes | None, retries: int) -> Any:
        import httpx2

        for tries in range(1, retries + 2):
            try:
                answer = self._client.request(
                    method,
                    f"{self.endpoint.base_url}/{path}",
                    content=content,
                    headers={"Content-Type": "application/json"},
                )
            except httpx2.HTTPError as error:
                if tries > retries:
                    raise self._silent(error) from error
            else:
                if tries > retries or not is_retried(answer.status_code, answer.headers):
                    self._check(answer)
                    return self._decoded(answer.content)
            time.sleep(wait_before_retry(tries))
        raise self._silent("no answer")

    def _decoded(self, content: bytes) -> Any:
        try:
            return msgspec.json.decode(content or b"{}")
        except (ValueError, RecursionError) as error:
            raise self._silent(f"no JSON came: {error}") from error

    def _check(self, answer: Any) -> None:
        if answer.status_code < 300:
            return
        if answer.status_code < 400:
            place = clean(answer.headers.get("location", ""), self.key, 200)
            raise redirected(self.endpoint, answer.status_code, place)
        said = error_said(answer.content)
        message = clean(said.message, self.key)
        if answer.status_code == 401 or said.codes & self._codes.key:
            raise key_refused(self.endpoint)
        if answer.status_code == 402 or said.codes & self._codes.credit:
            raise no_credit(self.endpoint, message)
        raise refused(self.endpoint, answer.status_code, message)

    def _silent(self, error: object) -> Exception:
        return unreachable(self.endpoint.base_url, clean(f"{type(error).__name__}: {error}", self.key))


def moment(text: object) -> float | None:
    """Seconds since 1970 of an RFC 3339 time, None for what is none."""
    try:
        return dt.datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None
