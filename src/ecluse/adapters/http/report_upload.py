"""Posts TLS reports to the URLs that domains name, bounded as all that goes to a stranger's URL (RFC 8460 section 5.4)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import requests

from ecluse.adapters.http.bounded_session import BoundedSession, Network

PATIENCE_S = (
    1_800.0  # With all URLs that take nothing: thousands that keep us waiting must not hold up a day's reports.
)
_TAKEN = range(200, 300)


class HttpsUpload:
    """Raises nothing: a receiver that is away gets the report with the next attempt, or never."""

    def __init__(
        self,
        media_type: str,
        within: Iterable[Network] = (),
        authorities: Path | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """`within` and `authorities` as `BoundedSession`."""
        self._media_type, self._within, self._authorities = media_type, tuple(within), authorities
        self._patience_s = patience_s

    def post(self, url: str, octets: bytes) -> bool:
        """Whether the URL took it. None is asked once our patience is over."""
        if self._patience_s <= 0:
            return False
        began = time.monotonic()
        is_taken = self._post(url, octets)
        if not is_taken:
            self._patience_s -= time.monotonic() - began
        return is_taken

    def _post(self, url: str, octets: bytes) -> bool:
        session = BoundedSession(self._within, self._authorities)
        try:
            response = session.post(url, data=octets, headers={"Content-Type": self._media_type})
        except (requests.RequestException, ValueError):
            return False
        return response.status_code in _TAKEN
