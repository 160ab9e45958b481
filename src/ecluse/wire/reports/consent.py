"""Whether the receiver of reports about a domain that is not his own agreed to them (RFC 9990, RFC 7489 section 7.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from ecluse.domain.dns import Answer

MAX_NAME_OCTETS, MAX_LABEL_OCTETS = 253, 63
MAX_RECORDS, MAX_URIS = 10, 10
_VERSION = re.compile(r"\s*v\s*=\s*DMARC1\s*(?:;|\Z)")
_SIZE = re.compile(r"![0-9]+[kmgt]?\Z", re.IGNORECASE)  # RFC 7489 section 6.2; gone since RFC 9989.
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")


class Consent(StrEnum):
    """What the answer means for the destination that was asked about."""

    GIVEN = "given"
    REFUSED = "refused"  # Nothing may be sent there.
    UNKNOWN = "unknown"  # The DNS is in trouble: ask again later.


@dataclass(frozen=True, slots=True)
class Destination:
    """The consent, and where the receiver wants the reports instead."""

    consent: Consent
    uris: tuple[str, ...] = ()  # In place of those of the policy record; () keeps these.


def host_of(uri: str) -> str | None:
    """The host of a mailto URI, lower case, without final dot; None for another scheme or what is no host."""
    scheme, _, rest = uri.strip().partition(":")
    path = _SIZE.sub("", rest.partition("?")[0])
    local, at, host = unquote(path).rpartition("@")
    host = host.lower().removesuffix(".")
    return host if scheme.lower() == "mailto" and local and at and _is_name(host) else None


def question(policy_domain: str, host: str) -> str | None:
    """The name to ask for TXT; None when the DNS has no such name (too long), which means that nothing may be sent.

    To be asked when the organisational domains of `policy_domain`, where the policy was found, and of `host` differ.
    """
    name = f"{policy_domain}._report._dmarc.{host}".lower()
    return name if _is_name(name) else None


def consent(answer: Answer, host: str) -> Destination:
    """What the answer to `question` allows for reports to `host`."""
    if answer.is_temporary:
        return Destination(Consent.UNKNOWN)
    records = [record.decode("latin-1") for record in answer.octets[:MAX_RECORDS]]
    agreeing = [record for record in records if _VERSION.match(record)]
    if not agreeing:
        return Destination(Consent.REFUSED)
    uris = tuple(uri for record in agreeing for uri in _report_uris(record))
    # Another host in there would make us a tool against a third one: then neither address gets anything.
    if any(host_of(uri) != host.lower().removesuffix(".") for uri in uris):
        return Destination(Consent.REFUSED)
    return Destination(Consent.GIVEN, uris[:MAX_URIS])


def _report_uris(record: str) -> list[str]:
    for tag in record.split(";"):
        name, equals, value = tag.partition("=")
        if equals and name.strip().lower() == "rua":
            return [uri.strip() for uri in value.split(",") if uri.strip()]
    return []


def _is_name(name: str) -> bool:
    if not name or len(name) > MAX_NAME_OCTETS:
        return False
    return all(len(label) <= MAX_LABEL_OCTETS and _LABEL.fullmatch(label) for label in name.split("."))
