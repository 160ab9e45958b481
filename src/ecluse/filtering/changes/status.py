"""Our opinion in one line that mail programs can sort by (market 2.5)."""

from __future__ import annotations

from ecluse.domain.dnsbl import ListKind, Meaning
from ecluse.domain.evidence import Evidence, ReverseState, Unknown
from ecluse.domain.mass import MassKind
from ecluse.filtering.changes.departure import Departure

_SPF = {"pass": "ok", "fail": "ko", "softfail": "ko"}
_BULK = {MassKind.NONE: "no", MassKind.NEWSLETTER: "yes; class=M", MassKind.DISCUSSION: "yes"}
_SENDER = {"pass": "ok", "fail": "ko"}


def status(departure: Departure) -> bytes:
    """Five families, each with its value; "unknown" is no reproach."""
    evidence = departure.evidence
    words = (
        f"server={_server(evidence)}",
        f"spf={_spf(evidence)}",
        f"dkim={_dkim(evidence)}",
        f"sender={_sender(evidence)}",
        f"bulk={_bulk(evidence)}",
    )
    return f"X-Ecluse-Status: {'; '.join(words)}\r\n".encode()


def _server(evidence: Evidence) -> str:
    """A right reverse name and on no list, or on at least one."""
    if not isinstance(evidence.listings, Unknown) and evidence.listings.of(Meaning.BAD, ListKind.IP):
        return "ko"
    connection = evidence.connection
    is_confirmed = not isinstance(connection, Unknown) and connection.reverse is ReverseState.CONFIRMED
    return "ok" if is_confirmed else "unknown"


def _spf(evidence: Evidence) -> str:
    facts = evidence.authentication
    return "unknown" if isinstance(facts, Unknown) else _SPF.get(facts.spf.result, "unknown")


def _dkim(evidence: Evidence) -> str:
    facts = evidence.authentication
    if isinstance(facts, Unknown) or not facts.signatures:
        return "unknown"
    return "ok" if facts.dkim_domains else "ko"


def _sender(evidence: Evidence) -> str:
    """Whether the author's domain stands behind the message."""
    facts = evidence.authentication
    if isinstance(facts, Unknown):
        return "unknown"
    return "ok" if facts.is_aligned else _SENDER.get(facts.dmarc.result, "unknown")


def _bulk(evidence: Evidence) -> str:
    """Newsletters are class M; mailing lists are bulk, and of no class."""
    facts = evidence.mass
    return "unknown" if isinstance(facts, Unknown) else _BULK[facts.kind]
