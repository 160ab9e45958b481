"""By which names a sender is remembered, and which of them are proven."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from ecluse.domain.account import Account
from ecluse.domain.address import Address
from ecluse.domain.authentication import AuthenticationFacts
from ecluse.domain.dnsbl import is_private
from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.policy import Policy
from ecluse.wire.mime.fields import HeaderSection
from ecluse.wire.names.registrable import registrable_domain

MAX_SIGNED_DOMAINS = 5  # As many signatures as are verified.

_SIGNING_DOMAIN = re.compile(rb"[:;\s]d[ \t\r\n]*=[ \t\r\n]*([A-Za-z0-9._-]{1,255})")
# Bounce address tag validation: every message bears another tag before the same local part.
_TAG = re.compile(r"prvs=[0-9a-z]{4,16}=")


def authenticated_domains(evidence: Evidence) -> tuple[str, ...]:
    """The registered domains that SPF for MAIL FROM or a DKIM signature proves, the author's first."""
    facts = evidence.authentication
    if isinstance(facts, Unknown):
        return ()
    proven = dict.fromkeys(registered(name) for name in (facts.spf_domain, *facts.dkim_domains) if name)
    author = proven_author(evidence)
    return tuple(domain for domain in dict.fromkeys((author, *proven)) if domain)


def proven_author(evidence: Evidence) -> str:
    """The registered domain of From where something proves it; "" otherwise.

    Where the domain publishes no DMARC record, a proof of the same registered domain will do.
    """
    facts = evidence.authentication
    if isinstance(facts, Unknown):
        return ""
    author = registered(facts.from_domain)
    if facts.is_aligned:
        return author
    if facts.dmarc.result != "none":
        return ""
    proofs = {registered(name) for name in (facts.spf_domain, *facts.dkim_domains) if name}
    return author if author in proofs else ""


def is_proven(evidence: Evidence, sender_domain: str) -> bool:
    """Whether the envelope's registered domain is proven, and the author that people see is proven too."""
    if not sender_domain or not proven_author(evidence):
        return False
    return sender_domain in authenticated_domains(evidence)


def is_sender_forged(evidence: Evidence, policy: Policy) -> bool:
    """Whether the envelope sender's domain is proven false: SPF or DMARC fails, and no signature of the domain holds.

    What cannot be decided, and what a forwarder broke whom the client trusts, is no proof.
    """
    facts = evidence.authentication
    if isinstance(facts, Unknown) or facts.spf.identity != "mailfrom":
        return False
    sender = registered(facts.spf.domain)
    if not sender or sender in map(registered, facts.dkim_domains):
        return False
    # A mailing list's sender answers for itself, and not for the authors whose signatures it breaks.
    is_author_false = facts.dmarc.result == "fail" and registered(facts.from_domain) == sender
    return (facts.spf.result == "fail" or is_author_false) and not trusted_sealer(facts, policy)


def trusted_sealer(facts: AuthenticationFacts, policy: Policy) -> str:
    """The newest sealer of a valid chain, where the client trusts every hop and the first saw the author proven.

    "" otherwise. Forwarders seal forgeries too: what a seal is worth stands in the results that it covers.
    """
    arc = facts.arc
    if arc.result != "pass" or not arc.sealers or not set(arc.sealers) <= policy.trusted_sealers:
        return ""
    author = registered(facts.from_domain)
    return arc.sealers[-1] if author and author in map(registered, arc.vouched) else ""


@lru_cache(4_096)
def registered(name: str) -> str:
    """The registered domain, a public suffix as it is; "" for literals and what is no name."""
    if name.startswith("[") or name.rpartition(".")[2].isdigit():
        return ""
    return registrable_domain(name) or name.lower()


def sender_domain(sender: Address | None) -> str:
    """The registered domain of the envelope sender; "" for the null one."""
    return registered(sender.domain) if sender else ""


def signing_domains(section: HeaderSection) -> tuple[str, ...]:
    """The registered domains that DKIM signatures name, whether or not they pass."""
    raws = (field.raw for field in section.all(b"dkim-signature")[:MAX_SIGNED_DOMAINS])
    found = (_SIGNING_DOMAIN.search(raw) for raw in raws)
    names = (registered(one[1].decode("ascii").rstrip(".")) for one in found if one)
    return tuple(dict.fromkeys(name for name in names if name))


@lru_cache(4_096)
def network_of(ip: str) -> str:
    """The /24 or /48 that an address lies in; "" for private networks, which everybody has, and for no address."""
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return ""
    plain = getattr(address, "ipv4_mapped", None) or address
    if is_private(str(plain)):
        return ""
    if isinstance(plain, IPv6Address):
        return f"{IPv6Address(int(plain) >> 80 << 80)}/48"
    return f"{str(plain).rpartition('.')[0]}.0/24"


def pair_name(sender: Address, recipient: str) -> str:
    """The name of a sender and a recipient (`Address.key`)."""
    return f"{person(sender)}\0{recipient}"


def correspondent_name(client: str, address: Address) -> str:
    """The name of a client and an address that its users wrote to."""
    return f"{client}\0{person(address)}"


def sender_place_name(owner: str, place: str) -> str:
    """The name of an account (`Account.key`) or a client, and a network or country that its mail came from."""
    return f"{owner}\0{place}"


def sender_program_name(owner: str, program: str) -> str:
    """The name of an account (`Account.key`) or a client, and a program that has written its mail."""
    return f"{owner}\0{program}"


def account_hour_name(account: Account, hour: int) -> str:
    """The name of an account and an hour of the day (UTC)."""
    return f"{account.key}\0{hour % 24}"


def account_link_name(account: Account, domain: str) -> str:
    """The name of an account and a domain that its mail links to."""
    return f"{account.key}\0{domain}"


def unproven_name(domain: str, network: str) -> str:
    """The name of a domain that a network used without proof: forgers elsewhere do not taint it."""
    return f"{domain}\0{network}"


def person(address: Address) -> str:
    """The address without the tag that changes with every message."""
    return _TAG.sub("", address.key, count=1) if address.key.startswith("prvs=") else address.key
