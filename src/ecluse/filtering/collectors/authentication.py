"""Who really sent it: SPF, DKIM, ARC and DMARC, asked side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from ecluse.domain.authentication import ArcFacts, AuthenticationFacts, DmarcFacts, SignatureFacts, SpfFacts
from ecluse.domain.dns import Answer
from ecluse.domain.evidence import NOT_ASKED, Unknown
from ecluse.filtering.collect import Subject
from ecluse.ports.resolver import Resolver
from ecluse.wire.arc.chain import ChainResult, validate
from ecluse.wire.arc.sets import Chain, read_chain
from ecluse.wire.dkim.hashes import BodyHashes, WantedHash, hash_body
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.dkim.result import SignatureResult
from ecluse.wire.dkim.signature import Signature, find_signatures
from ecluse.wire.dkim.verify import verify
from ecluse.wire.dmarc.evaluate import DmarcResult, Identifier, evaluate_dmarc
from ecluse.wire.spf.check import SpfResult, check_spf

ON_THE_SPOT_OCTETS = 1_048_576  # The body of a larger message is hashed beside the event loop.


def authentication(subject: Subject) -> Unknown | Coroutine[Any, Any, AuthenticationFacts]:
    """The four methods; without a resolver nothing is known, and nothing passes."""
    resolver = subject.resolver
    return NOT_ASKED if resolver is None else _authenticate(subject, resolver)


async def _authenticate(subject: Subject, resolver: Resolver) -> AuthenticationFacts:
    spf, (signatures, chain) = await asyncio.gather(_spf(subject, resolver), _signatures(subject, resolver))
    dmarc = await _dmarc(subject, spf, signatures, resolver)
    return AuthenticationFacts(
        spf=SpfFacts(spf.outcome, spf.domain, spf.identity, spf.reason),
        signatures=tuple(_signature_facts(one) for one in signatures),
        arc=ArcFacts(chain.cv, chain.oldest_pass, chain.sealers, chain.reason),
        dmarc=dmarc,
    )


async def _spf(subject: Subject, resolver: Resolver) -> SpfResult:
    incoming = subject.incoming
    return await check_spf(
        incoming.peer.ip,
        incoming.peer.helo,
        incoming.envelope.sender_text,
        subject.sources.hostname,
        resolver.ask,
        now=incoming.received_at,
    )


async def _signatures(subject: Subject, resolver: Resolver) -> tuple[tuple[SignatureResult, ...], ChainResult]:
    """DKIM and ARC share the keys' names, the header and the hashes of the body."""
    found, chain = find_signatures(subject.section), read_chain(subject.section)
    usable = [one for one in found if isinstance(one, Signature)]
    answers, bodies = await asyncio.gather(
        _keys(dict.fromkeys((*(one.key_name for one in usable), *chain.key_names)), resolver),
        _bodies(subject, usable, chain),
    )
    header, now = SignedHeader(subject.section), subject.incoming.received_at
    results = tuple(
        verify(one, header, bodies, answers[one.key_name], now) if isinstance(one, Signature) else one for one in found
    )
    return results, validate(chain, header, bodies, answers, now)


async def _keys(names: Iterable[str], resolver: Resolver) -> dict[str, Answer]:
    names = list(names)
    answers = await asyncio.gather(*(resolver.ask(name, "TXT") for name in names))
    return dict(zip(names, answers, strict=True))


async def _bodies(subject: Subject, signatures: list[Signature], chain: Chain) -> BodyHashes:
    wanted: set[WantedHash] = {one.body for one in signatures} | chain.wanted
    content, start = subject.incoming.content, subject.section.octets
    if content.size <= ON_THE_SPOT_OCTETS:
        return hash_body(content, start, wanted)
    return await asyncio.to_thread(hash_body, content, start, wanted)


async def _dmarc(
    subject: Subject, spf: SpfResult, signatures: tuple[SignatureResult, ...], resolver: Resolver
) -> DmarcFacts:
    fields = subject.section.all(b"from")
    if len(fields) != 1:
        # Each reader would show another author, so none of them stands behind the message.
        return DmarcFacts("permerror", reason=f"{len(fields)} From fields")
    mail_from = Identifier(spf.domain, spf.outcome) if spf.identity == "mailfrom" else None
    dkim = [Identifier(one.domain, one.result) for one in signatures if one.domain]
    return _dmarc_facts(await evaluate_dmarc(fields[0].value, mail_from, dkim, resolver.ask))


def _dmarc_facts(found: DmarcResult) -> DmarcFacts:
    return DmarcFacts(
        result=found.outcome,
        from_domain=found.from_domain,
        policy=found.policy or "",
        policy_domain=found.policy_domain,
        is_spf_aligned=found.spf.is_aligned,
        is_dkim_aligned=found.dkim.is_aligned,
        reason=found.reason,
    )


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
