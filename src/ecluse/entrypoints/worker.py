"""`ecluse worker`: digests and the end of held mail, by the clock; here the jobs meet the mail server."""

from __future__ import annotations

import signal
import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError, connections

from ecluse.domain.errors import Unavailable
from ecluse.entrypoints.django_start import demand_migrated, start_django
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.web.catalogs import compile_into

log = structlog.get_logger()

LOOK_EVERY_S = 60.0
TIDY_EVERY_S = 3_600.0
_SMTP_S = 60
_MAILS_A_CONNECTION = 200


def run(settings: Settings, *, once: bool) -> None:
    """Work until SIGTERM, or once. Raises `Impossible` where the database is not up to date."""
    compile_into(DataPaths(settings.data_dir).web_files / "locale")
    start_django(settings)
    demand_migrated()
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    tidied_at = float("-inf")
    while not ending.is_set():
        if time.monotonic() - tidied_at >= TIDY_EVERY_S:
            _guarded("keep house", _keep_house)
            tidied_at = time.monotonic()
        _guarded("digests", lambda: _send_digests(settings))
        if once:
            return
        ending.wait(LOOK_EVERY_S)


def _guarded(job: str, work: Callable[[], None]) -> None:
    """A database that is away ends no worker: what is due stays due."""
    try:
        work()
    except DatabaseError as problem:
        log.error("job put off", job=job, problem=type(problem).__name__)
    finally:
        connections.close_all()


def _keep_house() -> None:
    from ecluse.control.mail.jobs import keep_house  # noqa: PLC0415 - models exist once Django has started.

    keep_house(time.time())


def _send_digests(settings: Settings) -> None:
    from ecluse.control.mail.digests import send_due  # noqa: PLC0415 - models exist once Django has started.
    from ecluse.web.digests.mail import digest_mail  # noqa: PLC0415 - the same.

    if settings.web.mail_through is None:
        return
    with _mail_server(settings.web.mail_through.host, settings.web.mail_through.port) as post:
        count = send_due(time.time(), lambda content: post.send(digest_mail(content)))
    if count:
        log.info("digests sent", count=count)


class _Post:
    """Hands mails to one server, over connections that are used again."""

    def __init__(self, connection: BaseEmailBackend) -> None:
        self._connection = connection
        self._count = 0

    def send(self, mail: EmailMultiAlternatives) -> None:
        """Raises `Unavailable`."""
        try:
            if self._count % _MAILS_A_CONNECTION == 0:
                self._connection.close()
                self._connection.open()
            self._count += 1
            self._connection.send_messages([mail])
        except (OSError, smtplib.SMTPException) as problem:
            self._count = 0
            log.error("digest not sent", problem=type(problem).__name__)
            raise Unavailable("the mail server does not take it") from problem


@contextmanager
def _mail_server(host: str, port: int) -> Iterator[_Post]:
    connection = get_connection(
        "django.core.mail.backends.smtp.EmailBackend", host=host, port=port, timeout=_SMTP_S, use_tls=False
    )
    try:
        yield _Post(connection)
    finally:
        connection.close()
