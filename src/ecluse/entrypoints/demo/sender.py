"""A sending server for the demonstration: standard library, no favours."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass

from ecluse.entrypoints.demo.cast import Sample, octets

TIMEOUT_S = 30.0
LOGIN = "office@demo.example"


@dataclass(frozen=True, slots=True)
class Doors:
    """Where the gateway takes mail, on loopback."""

    inbound: int
    outbound: int
    secret: str  # Of `LOGIN`.


def send(sample: Sample, doors: Doors) -> str:
    """Send one sample to the gateway; its last answer in one line."""
    port = doors.outbound if sample.is_outbound else doors.inbound
    with smtplib.SMTP("127.0.0.1", port, local_hostname="mail.sender.example", timeout=TIMEOUT_S) as server:
        server.ehlo()
        if sample.is_outbound:
            _log_in(server, doors.secret)
        answer = server.docmd("MAIL", f"FROM:<{sample.sender}>")
        for recipient in sample.recipients:
            if answer[0] == 250:
                answer = server.docmd("RCPT", f"TO:<{recipient}>")
        if answer[0] == 250:
            answer = _data(server, octets(sample))
    return f"{answer[0]} {answer[1].decode('utf-8', 'replace')}"


def _log_in(server: smtplib.SMTP, secret: str) -> None:
    """Nobody vouches for the gateway of a demonstration."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    server.starttls(context=context)
    server.login(LOGIN, secret)


def _data(server: smtplib.SMTP, message: bytes) -> tuple[int, bytes]:
    """DATA by hand: smtplib's own would mend the bare LF of the smuggler."""
    answer = server.docmd("DATA")
    if answer[0] != 354:
        return answer
    server.send(message.replace(b"\r\n.", b"\r\n..") + b".\r\n")
    return server.getreply()
