"""A sending server for the demonstration: standard library, no favours."""

from __future__ import annotations

import smtplib

from ecluse.entrypoints.demo.cast import Sample, octets

TIMEOUT_S = 30.0


def send(sample: Sample, port: int) -> str:
    """Send one sample to the gateway on loopback; its last answer in one line."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="mail.sender.example", timeout=TIMEOUT_S) as server:
        server.ehlo()
        answer = server.docmd("MAIL", f"FROM:<{sample.sender}>")
        for recipient in sample.recipients:
            if answer[0] == 250:
                answer = server.docmd("RCPT", f"TO:<{recipient}>")
        if answer[0] == 250:
            answer = _data(server, octets(sample))
    return f"{answer[0]} {answer[1].decode('utf-8', 'replace')}"


def _data(server: smtplib.SMTP, message: bytes) -> tuple[int, bytes]:
    """DATA by hand: smtplib's own would mend the bare LF of the smuggler."""
    answer = server.docmd("DATA")
    if answer[0] != 354:
        return answer
    server.send(message.replace(b"\r\n.", b"\r\n..") + b".\r\n")
    return server.getreply()
