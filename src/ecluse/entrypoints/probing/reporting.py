"""Results on their way to the console: by its API, with the key of the vantage point; told twice, they count once."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

import msgspec
import structlog

from ecluse.adapters.folder.probe_results import KeptResults
from ecluse.domain.errors import Unavailable
from ecluse.domain.probe_result import MAX_RESULTS, ProbeResult
from ecluse.entrypoints.probing.settings import ProbeSettings, secret_in

log = structlog.get_logger()

PATH = "/api/v1/probes/results"
_WITHIN_S = 10.0
_MOST_S = 10.0  # Then the rest waits for the next minute, which must be asked about first.
_MAX_ANSWER = 65_536
_OK = 200


class _Answer(msgspec.Struct, frozen=True):
    left: int = 0


def report(kept: KeptResults, settings: ProbeSettings) -> int:
    """Tell the console what is kept, the oldest first, for some seconds; how many minutes it took. The rest stays."""
    count, until = 0, time.monotonic() + _MOST_S
    try:
        for minutes, results in _batches(kept):
            _post(settings, results)
            for minute in minutes:
                kept.remove(minute)
            count += len(minutes)
            if time.monotonic() >= until:
                break
    except (Unavailable, OSError, HTTPException) as problem:
        waiting = len(kept.minutes())
        log.warning("probe results wait", minutes=waiting, problem=str(problem) or type(problem).__name__)
    return count


def _batches(kept: KeptResults) -> Iterator[tuple[list[int], list[ProbeResult]]]:
    """Whole minutes, as many as one request may hold."""
    minutes: list[int] = []
    results: list[ProbeResult] = []
    for minute in kept.minutes():
        found = kept.read(minute)
        if minutes and len(results) + len(found) > MAX_RESULTS:
            yield minutes, results
            minutes, results = [], []
        minutes.append(minute)
        results += found
    if minutes:
        yield minutes, results


def _post(settings: ProbeSettings, results: list[ProbeResult]) -> None:
    """Raises `Unavailable` for another answer than 200, `OSError`, `HTTPException`."""
    url = urlsplit(settings.console)
    headers = {
        "Authorization": f"Bearer {secret_in(settings.key_file)}",
        "Content-Type": "application/json",
        "User-Agent": "ecluse-probe",
    }
    with closing(_connection(settings)) as connection:
        connection.request("POST", url.path.rstrip("/") + PATH, msgspec.json.encode({"results": results}), headers)
        answer = connection.getresponse()
        said = answer.read(_MAX_ANSWER)
    if answer.status != _OK:
        raise Unavailable(f"{answer.status}: {said[:200].decode('utf-8', 'replace')}")
    if left := _left(said):
        log.warning("probe results left", count=left)


def _left(said: bytes) -> int:
    try:
        return msgspec.json.decode(said, type=_Answer).left
    except msgspec.MsgspecError:
        return 0


def _connection(settings: ProbeSettings) -> HTTPConnection:
    url = urlsplit(settings.console)
    host = url.hostname or ""
    if url.scheme == "http":  # To ourselves alone: `load_probe_settings`.
        return HTTPConnection(host, url.port, timeout=_WITHIN_S)
    context = ssl.create_default_context(cafile=None if settings.ca_file is None else str(settings.ca_file))
    return HTTPSConnection(host, url.port, timeout=_WITHIN_S, context=context)
