"""Outbound mail leaves signed: DKIM in the name of the author's domain, with each of its active keys (RFC 6376, 8463)."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import structlog

from ecluse.domain.content import Content, PrefixedContent
from ecluse.domain.errors import Impossible
from ecluse.domain.incoming import Incoming
from ecluse.domain.signing import DomainKeys
from ecluse.mta import metrics
from ecluse.ports.signing_keys import SigningKeys
from ecluse.wire.dkim.hashes import BodyHashes, hash_body
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.dkim.sealed_key import open_key
from ecluse.wire.dkim.sign import SIGNED_BODY, Signing, SigningKey, sign
from ecluse.wire.mime.facts import author_domains
from ecluse.wire.mime.fields import HeaderSection

log = structlog.get_logger()

# RFC 6376 section 5.4.1, and both fields of one-click unsubscribing (RFC 8058 section 4). Not what servers on the way add
# or change: Received, Return-Path, Authentication-Results, Sender of lists.
NAMES = (
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"cc",
    b"reply-to",
    b"in-reply-to",
    b"references",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
    b"content-id",
    b"content-description",
    b"auto-submitted",
    b"list-id",
    b"list-help",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"list-subscribe",
    b"list-post",
    b"list-owner",
    b"list-archive",
    b"feedback-id",
)
# Nobody may add a second one, which other readers would show; nor another type of the body (RFC 6376 section 8.15).
OVERSIGNED = frozenset({b"from", b"to", b"cc", b"subject", b"date", b"reply-to", b"message-id", b"content-type"})
MAX_DOMAINS = 4_096  # Whose keys a process keeps at hand: some kB each.
_ON_THE_SPOT_OCTETS = 1_048_576  # The body of a larger message is hashed beside the event loop.


@dataclass(frozen=True, slots=True)
class Signer:
    """The keys of one process, loaded when first used, and again when another version of them is published."""

    published: SigningKeys
    node_key: bytes  # b"": what is published opens for nobody here.
    _loaded: dict[str, tuple[DomainKeys, tuple[SigningKey, ...]]] = field(default_factory=dict, init=False)

    async def signed(self, incoming: Incoming, section: HeaderSection, outgoing: Content) -> Content:
        """The message as it goes out, with its signatures on top; as it is where nothing signs it, and a metric says why.

        `section` is the header section as it came: nothing that we set or take away is signed, and the body is the same.
        Raises `Unavailable`: mail that should be signed waits rather than leave unsigned.
        """
        domains = author_domains(section)
        if len(domains) != 1 or section.names.count(b"from") != 1 or section.strays or section.exceeds_limits:
            return _unsigned(outgoing, "malformed")
        keys = self._keys(incoming.client, domains[0])
        if not keys:
            return _unsigned(outgoing, "no-key")
        began = time.perf_counter()
        bodies = await body_hashes(incoming.content, section.octets)
        order = Signing(NAMES, int(time.time()), OVERSIGNED)
        fields = sign(SignedHeader(section), bodies, keys, order)
        metrics.count_signing("signed", time.perf_counter() - began)
        return PrefixedContent(b"".join(fields), outgoing, 0)

    def _keys(self, client: str, domain: str) -> tuple[SigningKey, ...]:
        published = self.published.signing_keys(domain)
        # Who sends from the node's own networks is no client yet, and has the provider's word.
        if published is None or client not in {"", published.client}:
            return ()
        known = self._loaded.get(domain)
        if known is not None and known[0] == published:
            return known[1]
        keys = self._opened(published)
        if len(self._loaded) >= MAX_DOMAINS:
            self._loaded.clear()
        self._loaded[domain] = (published, keys)
        return keys

    def _opened(self, published: DomainKeys) -> tuple[SigningKey, ...]:
        try:
            return tuple(open_key(self.node_key, published.domain, each) for each in published.keys)
        except Impossible as problem:
            log.error("mail leaves unsigned", domain=published.domain, problem=str(problem))
            return ()


def _unsigned(outgoing: Content, why: str) -> Content:
    metrics.count_signing(why)
    return outgoing


async def body_hashes(content: Content, start: int) -> BodyHashes:
    """What a signature over the body that begins at `start` needs; a large one is hashed beside the event loop."""
    wanted = {SIGNED_BODY}
    if content.size <= _ON_THE_SPOT_OCTETS:
        return hash_body(content, start, wanted)
    return await asyncio.to_thread(hash_body, content, start, wanted)
