"""Texts that programs send, read by the rules of our files; nothing that a terminal or a database would trip over."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from ecluse.wire.notations import DomainName, list_pattern

_PLAIN = r"^[^\x00-\x1f\x7f]*$"


def _server(text: str) -> str:
    try:
        return str(ip_address(text)) if "%" not in text else str(DomainName(text))
    except ValueError:
        return str(DomainName(text))


def _pattern(text: str) -> str:
    list_pattern(text)
    return text


def _email(text: str) -> str:
    local, _, domain = text.strip().rpartition("@")
    if not local or " " in text.strip():
        raise ValueError("expected an e-mail address")
    return f"{local}@{DomainName(domain)}"


def _utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("expected a time of the years 1 to 9999, in UTC") from None


Search = Annotated[str, Field(max_length=100, pattern=_PLAIN, description="A part of it, in any case.")]
Name = Annotated[str, StringConstraints(strip_whitespace=True), Field(min_length=1, max_length=200, pattern=_PLAIN)]
Line = Annotated[str, StringConstraints(strip_whitespace=True), Field(max_length=100, pattern=_PLAIN)]
Note = Annotated[str, Field(max_length=200, pattern=_PLAIN)]
Reason = Annotated[str, Field(max_length=300, pattern=_PLAIN)]
Mailbox = Annotated[str, Field(min_length=3, max_length=320, pattern=_PLAIN)]
Domain = Annotated[
    str,
    Field(max_length=253, pattern=_PLAIN, examples=["example.com"]),
    AfterValidator(lambda text: str(DomainName(text))),
]
Server = Annotated[
    str, Field(max_length=253, pattern=_PLAIN, description="Host name or IP address."), AfterValidator(_server)
]
Pattern = Annotated[
    str,
    Field(max_length=320, pattern=_PLAIN, examples=["ann@example.com", "*.example.com", "192.0.2.0/24"]),
    AfterValidator(_pattern),
]
Email = Annotated[str, Field(min_length=3, max_length=254, pattern=_PLAIN), AfterValidator(_email)]
Time = Annotated[
    datetime,
    Field(description="Without a zone it is UTC."),
    AfterValidator(_utc),
]
