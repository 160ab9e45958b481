"""What `ecluse worker` does for webhooks; here they meet the message log, the DNS and the Internet.

Imported once Django is started.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from functools import cache

import structlog

from ecluse.adapters.http.poster import HttpsPoster
from ecluse.control.webhooks.events import Sources, note_events, watch_mx
from ecluse.control.webhooks.telling import Post, tell_due
from ecluse.domain.dns import Answer
from ecluse.entrypoints.log_store import open_log
from ecluse.entrypoints.settings_tables import Settings
from ecluse.entrypoints.web import backends
from ecluse.entrypoints.web_settings import database_url

log = structlog.get_logger()


def tell_webhooks(settings: Settings) -> None:
    """Find what there is to tell, and tell what is due."""
    outside, now = backends(settings), time.time()
    message_log = open_log(database_url(settings), settings.data_dir)
    try:
        sources = Sources(message_log, outside.look_up, outside.exchanges)
        watch_mx(now, sources)
        noted = note_events(now, sources)
    finally:
        message_log.close()
    taken = tell_due(now, _post_by(outside.look_up))
    if noted or taken:
        log.info("webhooks", noted=noted, taken=taken)


def _post_by(look_up: Callable[[str, str], Answer]) -> Post:
    """What is posted to is found by `look_up`; the authorities are read for the first post, since that takes a tenth of a second."""

    @cache
    def poster() -> HttpsPoster:
        return HttpsPoster(lambda name: addresses_of(name, look_up), ssl.create_default_context())

    return lambda url, headers, body: poster().post(url, headers, body)


def addresses_of(name: str, look_up: Callable[[str, str], Answer]) -> tuple[str, ...]:
    """Where a name leads, IPv4 first: it is what more receivers have."""
    answers = (look_up(name, kind) for kind in ("A", "AAAA"))
    return tuple(str(record) for answer in answers for record in answer.records)
