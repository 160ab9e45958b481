"""Whether the author's domain stands behind a message, and what it wants done if not (RFC 9989 section 5.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from ecluse.domain.dns import Lookup
from ecluse.wire.dmarc.record import DmarcPolicy, DmarcRecord
from ecluse.wire.dmarc.walk import DmarcUnknown, Walker, organisation_among
from ecluse.wire.mime.addresses import parse_addresses
from ecluse.wire.mime.fields import unfolded
from ecluse.wire.names.spelling import ascii_domain

MAX_IDENTIFIERS = 20


class DmarcOutcome(StrEnum):
    """What DMARC comes to (RFC 8601 section 2.7.7 and its registry)."""

    NONE = "none"
    PASS = "pass"  # noqa: S105 - a result, no password.
    FAIL = "fail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True)
class Identifier:
    """A domain, and what SPF or a DKIM signature says about it: "pass", "fail", "temperror" ..."""

    domain: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Alignment:
    """Whether a domain that passed belongs to the author's."""

    is_aligned: bool = False
    is_strict: bool = False
    domain: str = ""  # The one that is aligned.


@dataclass(frozen=True, slots=True)
class DmarcResult:
    """The outcome and all it rests on."""

    outcome: DmarcOutcome
    from_domain: str = ""  # In A-labels; "" where From has no such thing.
    policy: DmarcPolicy | None = None  # The one that applies, after sp, np and t; None without a record.
    policy_domain: str = ""  # The author's domain where its own record is used, else its organisational domain.
    spf: Alignment = Alignment()
    dkim: Alignment = Alignment()
    queries: tuple[str, ...] = ()  # Names asked for TXT, in order.
    record: Mapping[str, str] | None = None  # The tags of the record that applies.
    reason: str = ""  # Why it is a temperror or a permerror.

    @property
    def disposition(self) -> DmarcPolicy:
        """What the domain's owner asks for with this message: nothing, unless it failed."""
        failed = self.outcome is DmarcOutcome.FAIL
        return self.policy if failed and self.policy is not None else DmarcPolicy.NONE


async def evaluate_dmarc(
    from_value: bytes,
    spf: Identifier | None,
    dkim: Sequence[Identifier],
    lookup: Lookup,
) -> DmarcResult:
    """Evaluate one message by the value of its From field, which may be folded.

    `spf` is that of the MAIL identity. Never pass for a From with several addresses, with none, or with one that
    other readers see differently: permerror. A message with several From fields is the caller's to refuse. Each domain
    costs at most eight look-ups, and only those that may be the author's are looked at.
    """
    domain, reason = author_domain(from_value)
    if reason:
        return DmarcResult(DmarcOutcome.PERMERROR, domain, policy_domain=domain, reason=reason)
    walker = Walker(lookup)
    try:
        return await _evaluate(domain, spf, dkim, walker)
    except DmarcUnknown as problem:
        queries = tuple(walker.queries)
        return DmarcResult(DmarcOutcome.TEMPERROR, domain, policy_domain=domain, queries=queries, reason=str(problem))


def author_domain(from_value: bytes) -> tuple[str, str]:
    """The domain of the only author, in A-labels, and why it cannot be relied on: "" if it can."""
    found = parse_addresses(unfolded(b":" + from_value))
    domains = [ascii_domain(mailbox.domain) or "" for mailbox in found.addresses]
    domain = domains[0] if domains and not domains[0].startswith("[") else ""
    if len(domains) != 1:
        return domain, f"{len(domains)} authors"
    if not domain:
        return "", "no domain in From"
    return domain, "other readers see another author" if found.is_ambiguous else ""


@dataclass(frozen=True, slots=True)
class _Applied:
    """The record that applies to a message."""

    record: DmarcRecord
    policy: DmarcPolicy
    domain: str  # As `policy_domain`.


async def _evaluate(domain: str, spf: Identifier | None, dkim: Sequence[Identifier], walker: Walker) -> DmarcResult:
    applied = await _discover(domain, walker)
    if applied is None:
        return DmarcResult(DmarcOutcome.NONE, domain, policy_domain=domain, queries=tuple(walker.queries))
    record = applied.record
    aligner = _Aligner(domain, walker)
    by_spf = await aligner.align([spf] if spf else [], is_strict=record.has_strict_spf)
    by_dkim = await aligner.align(dkim, is_strict=record.has_strict_dkim)
    outcome, reason = DmarcOutcome.FAIL, ""
    if by_spf.is_aligned or by_dkim.is_aligned:
        outcome = DmarcOutcome.PASS
    elif aligner.trouble:
        # Section 5.3.6: where a question stayed open the message has neither passed nor failed.
        outcome, reason = DmarcOutcome.TEMPERROR, aligner.trouble
    queries = tuple(walker.queries)
    return DmarcResult(
        outcome, domain, applied.policy, applied.domain, by_spf, by_dkim, queries, record=record.tags, reason=reason
    )


async def _discover(domain: str, walker: Walker) -> _Applied | None:
    """Policy discovery (section 4.10.1): the author's domain, its organisational domain, its public suffix."""
    record = await walker.record(domain)
    if record is not None:
        policy = record.policy()
        return _Applied(record, policy, domain) if policy is not None else None
    records = await walker.records(domain)
    if not records:
        return None
    organisation = organisation_among(domain, records)
    # The walk ends at a public suffix; its own record stands in for an organisation that has none.
    record = records.get(organisation) or list(records.values())[-1]
    has_gone = "np" in record.tags and not await walker.exists(domain)
    policy = record.policy("np", "sp") if has_gone else record.policy("sp")
    return _Applied(record, policy, organisation) if policy is not None else None


class _Aligner:
    """Compares authenticated domains with the author's."""

    def __init__(self, author: str, walker: Walker) -> None:
        self._author, self._walker = author, walker
        self.trouble = ""  # Why an identifier that might have passed is not known to.

    async def align(self, identifiers: Iterable[Identifier], *, is_strict: bool) -> Alignment:
        """The first identifier that passed and is aligned; equal domains are looked for before any walk."""
        outcomes = _outcomes(identifiers)
        if outcomes.get(self._author) == "pass":
            return Alignment(is_aligned=True, is_strict=is_strict, domain=self._author)
        for domain, outcome in outcomes.items():
            if not await self._may_speak(domain, is_strict=is_strict):
                continue
            if outcome == "pass":
                return Alignment(is_aligned=True, is_strict=is_strict, domain=domain)
            self.trouble = f"{domain[:80]}: temperror"
        return Alignment(is_strict=is_strict)

    async def _may_speak(self, domain: str, *, is_strict: bool) -> bool:
        """Whether a domain speaks for the author's where it passes."""
        return domain == self._author or (not is_strict and await self._shares_organisation(domain))

    async def _shares_organisation(self, domain: str) -> bool:
        # An organisational domain is the domain itself or one above it: nothing else can be shared.
        if domain.rpartition(".")[2] != self._author.rpartition(".")[2]:
            return False
        try:
            organisation = await self._walker.organisation(self._author)
            within = domain == organisation or domain.endswith("." + organisation)
            return within and await self._walker.organisation(domain) == organisation
        except DmarcUnknown as problem:
            self.trouble = str(problem)
            return False


def _outcomes(identifiers: Iterable[Identifier]) -> dict[str, str]:
    """Of each domain that passed, or may have: a pass where it has any."""
    outcomes: dict[str, str] = {}
    for identifier in islice(identifiers, MAX_IDENTIFIERS):
        domain, outcome = ascii_domain(identifier.domain), identifier.outcome
        if domain and (outcome == "pass" or (outcome == "temperror" and domain not in outcomes)):
            outcomes[domain] = outcome
    return outcomes
