"""What the DNS should say of a domain that sends through us, beside its keys, and what it says; pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from ecluse.domain.dns import Answer
from ecluse.wire.dkim.publishing import KeyRecord, Standing

MOST_SHOWN = 5
MAX_SHOWN = 1_000  # Characters of one record.
STS_MAX_AGE_S = 604_800


class Purpose(StrEnum):
    """What a record is for."""

    SPF = "spf"
    DMARC = "dmarc"
    MTA_STS = "mta-sts"
    TLS_RPT = "tls-rpt"


# How the records of a purpose begin, whoever wrote them; other TXT records at the name are none of its.
_BEGINNINGS = {
    Purpose.SPF: "v=spf1",
    Purpose.DMARC: "v=dmarc1",
    Purpose.MTA_STS: "v=stsv1",
    Purpose.TLS_RPT: "v=tlsrptv1",
}


@dataclass(frozen=True, slots=True)
class Provider:
    """What the provider's own settings say; "" = nothing is proposed."""

    zone: str = ""  # Where clients' keys may stand.
    spf: str = ""  # Whose SPF record lists our addresses.
    dmarc_reports: str = ""
    tls_reports: str = ""
    exchanges: tuple[str, ...] = ()  # The hosts that MX records name.


@dataclass(frozen=True, slots=True)
class Proposal:
    """One TXT record, ready to be published."""

    purpose: Purpose
    record: KeyRecord


@dataclass(frozen=True, slots=True)
class RecordFound:
    """What stands there now, and what should."""

    standing: Standing
    texts: tuple[str, ...]  # All that begin as its purpose wants it.
    wanted: str  # Ours; where theirs has to stay, theirs with ours in it.


def proposals(domain: str, provider: Provider) -> tuple[Proposal, ...]:
    """One for each purpose that the provider's settings have something for."""
    policy_id = hashlib.sha256(sts_policy(provider).encode()).hexdigest()[:16]
    reports = f"; rua=mailto:{provider.dmarc_reports}" if provider.dmarc_reports else ""
    wanted = (
        (Purpose.SPF, domain, f"v=spf1 include:{provider.spf} ~all" if provider.spf else ""),
        (Purpose.DMARC, f"_dmarc.{domain}", f"v=DMARC1; p=none{reports}"),
        (Purpose.MTA_STS, f"_mta-sts.{domain}", f"v=STSv1; id={policy_id}" if provider.exchanges else ""),
        (
            Purpose.TLS_RPT,
            f"_smtp._tls.{domain}",
            f"v=TLSRPTv1; rua=mailto:{provider.tls_reports}" if provider.tls_reports else "",
        ),
    )
    return tuple(Proposal(purpose, KeyRecord(name, text)) for purpose, name, text in wanted if text)


def sts_policy(provider: Provider) -> str:
    """What https://mta-sts.DOMAIN/.well-known/mta-sts.txt should say (RFC 8461 section 3.2); to begin with, in testing."""
    lines = ["version: STSv1", "mode: testing", *(f"mx: {each}" for each in provider.exchanges)]
    return "\r\n".join([*lines, f"max_age: {STS_MAX_AGE_S}", ""])


def look_at(proposal: Proposal, answer: Answer) -> RecordFound:
    """What the answer for TXT at the proposal's name means."""
    begins = _BEGINNINGS[proposal.purpose]
    texts = tuple(each.decode("utf-8", "replace")[:MAX_SHOWN] for each in answer.octets)
    ours = tuple(each for each in texts if each.casefold().startswith(begins))[:MOST_SHOWN]
    wanted = _merged(proposal, ours)
    if answer.is_temporary:
        return RecordFound(Standing.UNKNOWN, (), wanted)
    if not ours:
        return RecordFound(Standing.MISSING, (), wanted)
    # Of two records for one purpose readers use none (RFC 7208 section 4.5, 9989, 8461 section 3.1, 8460 section 3).
    fits = len(ours) == 1 and _fits(proposal, ours[0])
    return RecordFound(Standing.PUBLISHED if fits else Standing.OTHER, ours, wanted)


def _fits(proposal: Proposal, text: str) -> bool:
    """Any DMARC policy and any report address will do: they are the client's to choose."""
    if proposal.purpose is Purpose.SPF:
        include = proposal.record.text.split()[1]
        return {include, include.replace("include:", "redirect=")} & set(text.casefold().split()) != set()
    needed = {Purpose.DMARC: "p=", Purpose.MTA_STS: "id=", Purpose.TLS_RPT: "rua="}[proposal.purpose]
    return any(each.strip().casefold().startswith(needed) for each in text.split(";"))


def _merged(proposal: Proposal, texts: tuple[str, ...]) -> str:
    """A domain has one SPF record: ours goes into it, before what ends it."""
    if proposal.purpose is not Purpose.SPF or len(texts) != 1 or _fits(proposal, texts[0]):
        return proposal.record.text
    include = proposal.record.text.split()[1]
    terms = texts[0].split()
    at = next((place for place, term in enumerate(terms) if _ends_spf(term)), len(terms))
    return " ".join([*terms[:at], include, *terms[at:]])


def _ends_spf(term: str) -> bool:
    return term.casefold().lstrip("+-~?") == "all" or term.casefold().startswith("redirect=")
