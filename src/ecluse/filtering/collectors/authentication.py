"""Who really sent it: SPF, DKIM, ARC and DMARC, whose names are asked for side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, replace
from typing import Any

from ecluse.domain.authentication import ArcFacts, AuthenticationFacts, DmarcFacts, SignatureFacts, SpfFacts
from ecluse.domain.dns import Answer
from ecluse.domain.evidence import NOT_ASKED, Unknown
from ecluse.domain.published_tags import written_tags
from ecluse.filtering.collect import Subject
from ecluse.ports.resolver import Resolver
from ecluse.wire.arc.chain import ChainResult, Validity, validate
from ecluse.wire.arc.sets import Chain, read_chain
from ecluse.wire.arc.vouched import vouched_domains
from ecluse.wire.dkim.hashes import BodyHashes, WantedHash, hash_body
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.dkim.result import Result, SignatureResult
from ecluse.wire.dkim.signature import Signature, find_signatures
from ecluse.wire.dkim.verify import verify
from ecluse.wire.dmarc.evaluate import DmarcResult, Identifier, author_domain, evaluate_dmarc
from ecluse.wire.dmarc.walk import walked_names
from ecluse.wire.spf.check import SpfResult, check_spf

_NEVER_SEALED = ArcFacts(Validity.NONE)
_USUAL_SEALS = 10  # Keys of a chain that are asked for at once; lists and forwarders make no longer ones.
ON_THE_SPOT_OCTETS = 1_048_576  # The body of a larger message is hashed beside the event loop.


def authentication(subject: Subject) -> Unknown | Coroutine[Any, Any, AuthenticationFacts]:
    """The four methods; without a resolver nothing is known, and nothing passes."""
    resolver = subject.resolver
    return NOT_ASKED if resolver is None else _authenticate(subject, resolver)


def forwarded_authentication(subject: Subject) -> Unknown | Coroutine[Any, Any, AuthenticationFacts]:
    """Outbound: of what a client's server forwards, for our seal on it; nobody has to prove his own mail."""
    return NOT_ASKED if subject.incoming.forwarded is None else authentication(subject)


async def _authenticate(subject: Subject, resolver: Resolver) -> AuthenticationFacts:
    ahead = _Ahead(resolver)
    try:
        return await _all_four(subject, ahead)
    finally:
        ahead.close()


async def _all_four(subject: Subject, ahead: _Ahead) -> AuthenticationFacts:
    # One after the other, for a task costs more than most of this; what they will ask for is under way before.
    _foresee_dmarc(subject, ahead)
    found, chain = find_signatures(subject.section), read_chain(subject.section)
    _foresee_keys(_key_names(found), ahead)
    _foresee_keys(chain.key_names[:_USUAL_SEALS], ahead)
    spf = await _spf(subject, ahead)
    signed = await _signed(subject, found, chain)
    signatures = await _signatures(found, signed, ahead)
    dmarc = await _dmarc(subject, spf, signatures, ahead)
    # Last, for a chain may name a hundred keys, which is all that a message may ask for.
    arc = await _arc(chain, signed, ahead)
    return AuthenticationFacts(
        spf=SpfFacts(spf.outcome, spf.domain, spf.identity, spf.reason),
        signatures=tuple(_signature_facts(one) for one in signatures),
        arc=arc,
        dmarc=dmarc,
    )


class _Ahead:
    """The port `Resolver`; what will probably be asked is asked at once, so that names are waited for side by side."""

    __slots__ = ("_answers", "_resolver", "_tasks")

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._answers: dict[tuple[str, str], Answer] = {}
        self._tasks: dict[tuple[str, str], asyncio.Task[Answer]] = {}

    def foresee(self, name: str, kind: str) -> None:
        """Begin to ask; it counts as one question, however often the answer is used."""
        if self.known(name, kind) is None and (name, kind) not in self._tasks:
            self._tasks[name, kind] = asyncio.create_task(self._resolver.ask(name, kind))

    async def ask(self, name: str, kind: str) -> Answer:
        """See `Resolver.ask`."""
        known = self.known(name, kind)
        if known is not None:
            return known
        task = self._tasks.get((name, kind))
        return await (self._resolver.ask(name, kind) if task is None else task)

    def known(self, name: str, kind: str) -> Answer | None:
        """See `Resolver.known`."""
        question = name, kind
        answer = self._answers.get(question)
        if answer is None and question not in self._tasks:
            answer = self._resolver.known(name, kind)
            if answer is not None:
                self._answers[question] = answer
        return answer

    def close(self) -> None:
        """Wait no longer for answers that turned out not to be needed."""
        for task in self._tasks.values():
            task.cancel()


def _foresee_dmarc(subject: Subject, ahead: _Ahead) -> None:
    """Where the author's domain may have its record: that needs no other result."""
    field = subject.section.first(b"from")
    domain = author_domain(field.value)[0] if field else ""
    for name in walked_names(domain) if domain else ():
        ahead.foresee(f"_dmarc.{name}", "TXT")


def _foresee_keys(names: Iterable[str], ahead: _Ahead) -> None:
    for name in names:
        ahead.foresee(name, "TXT")


def _key_names(found: tuple[Signature | SignatureResult, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.key_name for one in found if isinstance(one, Signature)))


async def _spf(subject: Subject, ahead: _Ahead) -> SpfResult:
    incoming = subject.incoming
    return await check_spf(
        incoming.peer.ip,
        incoming.peer.helo,
        incoming.envelope.sender_text,
        subject.sources.hostname,
        ahead.ask,
        now=incoming.received_at,
        foresee=ahead.foresee,
    )


@dataclass(frozen=True, slots=True)
class _Signed:
    """What DKIM and ARC share of one message."""

    header: SignedHeader
    bodies: BodyHashes
    now: float


async def _signed(subject: Subject, found: tuple[Signature | SignatureResult, ...], chain: Chain) -> _Signed | None:
    """None where nobody signed or sealed anything."""
    if not (found or chain.sets or chain.fault):
        return None
    bodies = await _bodies(subject, [one for one in found if isinstance(one, Signature)], chain)
    return _Signed(SignedHeader(subject.section), bodies, subject.incoming.received_at)


async def _signatures(
    found: tuple[Signature | SignatureResult, ...], signed: _Signed | None, ahead: _Ahead
) -> tuple[SignatureResult, ...]:
    if signed is None:
        return ()
    answers = {name: await ahead.ask(name, "TXT") for name in _key_names(found)}
    return tuple(
        _accepted(verify(one, signed.header, signed.bodies, answers[one.key_name], signed.now), signed.header)
        if isinstance(one, Signature)
        else one
        for one in found
    )


async def _arc(chain: Chain, signed: _Signed | None, ahead: _Ahead) -> ArcFacts:
    if signed is None:
        return _NEVER_SEALED
    _foresee_keys(chain.key_names, ahead)
    answers = {name: await ahead.ask(name, "TXT") for name in chain.key_names}
    return _arc_facts(chain, validate(chain, signed.header, signed.bodies, answers, signed.now))


def _accepted(found: SignatureResult, header: SignedHeader) -> SignatureResult:
    """Whether a signature that fits still speaks for what readers are shown (RFC 6376 sections 8.2 and 8.15).

    Anybody may have added octets behind l=, or a second Subject to the one that is signed.
    """
    doubled = [name for name in found.unsigned if header.count(name.encode()) > 1]
    if found.result is not Result.PASS or not (doubled or found.has_unsigned_body):
        return found
    reason = f"a second {doubled[0]} is not signed" if doubled else "the body goes on after l="
    return replace(found, result=Result.POLICY, reason=reason)


async def _bodies(subject: Subject, signatures: list[Signature], chain: Chain) -> BodyHashes:
    wanted: set[WantedHash] = {one.body for one in signatures} | chain.wanted
    content, start = subject.incoming.content, subject.section.octets
    if content.size <= ON_THE_SPOT_OCTETS:
        return hash_body(content, start, wanted)
    return await asyncio.to_thread(hash_body, content, start, wanted)


async def _dmarc(
    subject: Subject, spf: SpfResult, signatures: tuple[SignatureResult, ...], ahead: _Ahead
) -> DmarcFacts:
    fields = subject.section.all(b"from")
    if len(fields) != 1:
        # Each reader would show another author, so none of them stands behind the message.
        return DmarcFacts("permerror", reason=f"{len(fields)} From fields")
    # A null sender stands for the postmaster of the name in HELO (RFC 7208 section 2.4): so pass honest bounces.
    mail_from = Identifier(spf.domain, spf.outcome)
    dkim = [Identifier(one.domain, one.result) for one in signatures if one.domain]
    return _dmarc_facts(await evaluate_dmarc(fields[0].value, mail_from, dkim, ahead.ask))


def _dmarc_facts(found: DmarcResult) -> DmarcFacts:
    return DmarcFacts(
        result=found.outcome,
        from_domain=found.from_domain,
        policy=found.policy or "",
        policy_domain=found.policy_domain,
        is_spf_aligned=found.spf.is_aligned,
        is_dkim_aligned=found.dkim.is_aligned,
        reason=found.reason,
        record=written_tags(found.record or {}),
    )


def _arc_facts(chain: Chain, found: ChainResult) -> ArcFacts:
    return ArcFacts(found.cv, found.oldest_pass, found.sealers, found.reason, vouched_domains(chain))


def _signature_facts(found: SignatureResult) -> SignatureFacts:
    return SignatureFacts(
        domain=found.domain,
        selector=found.selector,
        result=found.result,
        reason=found.reason,
        algorithm=found.algorithm,
        key_bits=found.key_bits,
        start=found.start,
        has_unsigned_body=found.has_unsigned_body,
        unsigned=found.unsigned,
    )
