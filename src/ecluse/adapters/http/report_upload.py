"""Posts TLS reports to the URLs that domains name, bounded as all that goes to a stranger's URL (RFC 8460 section 5.4)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import requests

from ecluse.adapters.http.bounded_session import BoundedSession, Network

_TAKEN = range(200, 300)


class HttpsUpload:
    """Raises nothing: a receiver that is away gets the report with the next attempt, or never."""

    def __init__(self, media_type: str, within: Iterable[Network] = (), authorities: Path | None = None) -> None:
        """As `BoundedSession`."""
        self._media_type, self._within, self._authorities = media_type, tuple(within), authorities

    def post(self, url: str, octets: bytes) -> bool:
        """Whether the URL took it."""
        session = BoundedSession(self._within, self._authorities)
        try:
            response = session.post(url, data=octets, headers={"Content-Type": self._media_type})
        except (requests.RequestException, ValueError):
            return False
        return response.status_code in _TAKEN
