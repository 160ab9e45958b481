"""Fetches MTA-STS policies over HTTPS: the certificate must be valid, nothing is followed, all is bounded (RFC 8461 3.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import requests

from ecluse.adapters.http.bounded_session import BoundedSession, Network
from ecluse.ports.sts import NoPolicy
from ecluse.wire.mtasts.policy import MAX_CHARACTERS

AT_ONCE = 16  # Threads that wait for policy hosts; a slow one holds its own for a quarter of a minute.
FETCH_ERROR, WEBPKI = "sts-policy-fetch-error", "sts-webpki-invalid"


class HttpsStsFetcher:
    """See `ecluse.ports.sts.StsFetcher`."""

    def __init__(self, within: Iterable[Network] = (), authorities: Path | None = None, port: int = 443) -> None:
        """As `BoundedSession`; `port` is another than 443 in tests alone."""
        self._within, self._authorities, self._port = tuple(within), authorities, port
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="mta-sts")

    async def fetch(self, domain: str, addresses: tuple[str, ...]) -> str:
        """See `StsFetcher.fetch`."""
        job = partial(self._fetch, f"mta-sts.{domain}", addresses)
        return await asyncio.get_running_loop().run_in_executor(self._threads, job)

    def close(self) -> None:
        """Begin nothing more; what is under way ends by its own time."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _fetch(self, host: str, addresses: tuple[str, ...]) -> str:
        session = BoundedSession(self._within, self._authorities, lambda _host: addresses)
        try:
            response = session.get(f"https://{host}:{self._port}/.well-known/mta-sts.txt")
        except requests.exceptions.SSLError as problem:
            raise NoPolicy(WEBPKI, "the certificate of its policy host is not valid") from problem
        except (requests.RequestException, ValueError) as problem:
            raise NoPolicy(FETCH_ERROR, f"its policy host does not answer: {type(problem).__name__}") from problem
        return _text(response)


def _text(response: requests.Response) -> str:
    if response.status_code != 200:
        raise NoPolicy(FETCH_ERROR, f"its policy host answers {response.status_code}")
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "text/plain" or len(response.content) > MAX_CHARACTERS:
        raise NoPolicy(FETCH_ERROR, "what its policy host sends is no policy")
    return response.content.decode("utf-8", "replace").replace("\r\n", "\n")
