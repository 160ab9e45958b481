"""Letters of `ecluse worker` on their way to the mail server, signed."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

import structlog

from ecluse.domain.errors import Refused, Unavailable
from ecluse.domain.ids import new_id
from ecluse.entrypoints.fresh_names import FreshNames
from ecluse.entrypoints.letter_signing import LetterSigner
from ecluse.entrypoints.settings_tables import Settings
from ecluse.wire.letters import Letter, octets_of
from ecluse.wire.notations import Endpoint

log = structlog.get_logger()

_SMTP_S = 60
_MAILS_A_CONNECTION = 200
_FINAL = 500
_ASKED_TIMES = 2  # One mail may be why a server hangs up; two are not.
_ANSWERS = (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused)  # The server is there, and says no.


class Post:
    """Signs mails and hands them to one server; connections are used again. One that is away is asked twice, not for each."""

    def __init__(self, connect: Callable[[], smtplib.SMTP], sign: Callable[[bytes], bytes]) -> None:
        self._connect, self._sign = connect, sign
        self._server: smtplib.SMTP | None = None
        self._count = 0
        self._unanswered = 0  # In a row.

    def send(self, letter: Letter) -> None:
        """Raises `Unavailable`; `Refused` where the server never takes it."""
        if self._unanswered == _ASKED_TIMES:
            raise Unavailable("the mail server is away")
        try:
            self._hand_over(letter)
        except (OSError, smtplib.SMTPException) as problem:
            self.close()
            self._unanswered = 0 if isinstance(problem, _ANSWERS) else self._unanswered + 1
            log.error("mail not sent", problem=type(problem).__name__)
            kind = Refused if _is_final(problem) else Unavailable
            raise kind("the mail server does not take it") from problem
        self._unanswered = 0

    def _hand_over(self, letter: Letter) -> None:
        octets = self._sign(octets_of(letter, letter.id or new_id(), time.time()))
        if self._server is None or self._count % _MAILS_A_CONNECTION == 0:
            self.close()
            self._server = self._connect()
        self._count += 1
        self._server.sendmail(letter.return_path, [letter.recipient], octets)

    def close(self) -> None:
        """Say good-bye to the server, if it still hears us."""
        server, self._server = self._server, None
        if server is not None:
            with suppress(OSError, smtplib.SMTPException):
                server.quit()


@contextmanager
def mail_server(settings: Settings, place: Endpoint) -> Iterator[Post]:
    """Where letters are handed over; connected to when the first is."""
    signer = LetterSigner(settings, FreshNames(settings).look_up)
    post = Post(partial(smtplib.SMTP, place.host, place.port, timeout=_SMTP_S), signer.signed)
    try:
        yield post
    finally:
        post.close()


def _is_final(problem: Exception) -> bool:
    """Whether each answer was a 5xx (RFC 5321, 4.2.1)."""
    match problem:
        case smtplib.SMTPRecipientsRefused():
            codes = [code for code, _ in problem.recipients.values()]
        case smtplib.SMTPResponseException():
            codes = [problem.smtp_code]
        case _:
            codes = []
    return bool(codes) and min(codes) >= _FINAL
