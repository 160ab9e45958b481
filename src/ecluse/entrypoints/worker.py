"""`ecluse worker`: digests, links by mail, webhooks, the end of held mail, by the clock; jobs meet the mail server here."""

from __future__ import annotations

import signal
import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial

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

LOOK_EVERY_S = 5.0
_SMTP_S = 60
_MAILS_A_CONNECTION = 200


def run(settings: Settings, *, once: bool) -> None:
    """Work until SIGTERM, or once. Raises `Impossible` where the database is not up to date."""
    compile_into(DataPaths(settings.data_dir).web_files / "locale")
    start_django(settings)
    demand_migrated()
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    due = dict.fromkeys(_JOBS, float("-inf"))
    while not ending.is_set():
        for job, (every_s, work) in _JOBS.items():
            if time.monotonic() >= due[job]:
                _guarded(job, partial(work, settings))
                due[job] = time.monotonic() + every_s
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


def _keep_house(_settings: Settings) -> None:
    from ecluse.control.accounts.break_glass import end_overdue  # noqa: PLC0415 - models exist once Django has started.
    from ecluse.control.mail.jobs import keep_house  # noqa: PLC0415 - the same.
    from ecluse.control.webhooks.jobs import keep_house as forget_told  # noqa: PLC0415 - the same.
    from ecluse.web.sign_in.expiry import end_expired  # noqa: PLC0415 - the same.

    now = datetime.now(UTC)
    end_expired(now)
    end_overdue(now)
    keep_house(now.timestamp())
    forget_told(now.timestamp())


def _send_digests(settings: Settings) -> None:
    from ecluse.control.mail.digests import send_due  # noqa: PLC0415 - models exist once Django has started.
    from ecluse.web.digests.mail import digest_mail  # noqa: PLC0415 - the same.

    if settings.web.mail_through is None:
        return
    with _mail_server(settings.web.mail_through.host, settings.web.mail_through.port) as post:
        count = send_due(time.time(), lambda content: post.send(digest_mail(content)))
    if count:
        log.info("digests sent", count=count)


def _send_letters(settings: Settings) -> None:
    """What people wait for: links to sign in, answers to their requests."""
    from ecluse.control.accounts.mailed_links import links_asked_for  # noqa: PLC0415 - as above.
    from ecluse.control.mail.declined import tell_declined  # noqa: PLC0415 - the same.
    from ecluse.web.own.declined_mail import declined_mail  # noqa: PLC0415 - the same.
    from ecluse.web.sign_in.mailed_link import link_mail  # noqa: PLC0415 - the same.

    if settings.web.mail_through is None:
        return
    with _mail_server(settings.web.mail_through.host, settings.web.mail_through.port) as post:
        for each in links_asked_for():
            with suppress(Unavailable):  # Who gets none asks again.
                post.send(link_mail(each))
        tell_declined(lambda each: post.send(declined_mail(each)))


def _tell_webhooks(settings: Settings) -> None:
    from ecluse.entrypoints.webhook_jobs import tell_webhooks  # noqa: PLC0415 - models exist once Django has started.

    tell_webhooks(settings)


# Name -> how often, in seconds, and what.
_JOBS: dict[str, tuple[float, Callable[[Settings], None]]] = {
    "keep house": (3_600.0, _keep_house),
    "digests": (60.0, _send_digests),
    "letters": (LOOK_EVERY_S, _send_letters),
    "webhooks": (60.0, _tell_webhooks),
}


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
            log.error("mail not sent", problem=type(problem).__name__)
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
