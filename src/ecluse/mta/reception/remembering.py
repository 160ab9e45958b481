"""What is remembered of a message once it was answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ecluse.domain.address import Address
from ecluse.domain.event import TAKEN, Ending
from ecluse.domain.evidence import Evidence, GreylistEntry, GreylistState, Unknown
from ecluse.domain.history import Kind, Sighting
from ecluse.domain.incoming import Direction, Incoming
from ecluse.domain.sending import DAY_S, HOUR_S
from ecluse.domain.verdict import Category, Disposition, Verdict
from ecluse.filtering import campaigns
from ecluse.filtering.greylisting import domain_name, fingerprint_of, is_greylisted, message_name, standing
from ecluse.filtering.identities import (
    account_hour_name,
    account_link_name,
    authenticated_domains,
    correspondent_name,
    is_proven,
    network_of,
    pair_name,
    registered,
    sender_domain,
    sender_place_name,
    sender_program_name,
    unproven_name,
)
from ecluse.wire.mime.fields import split_head

MAX_RECIPIENTS = 50  # Of one message.
MAX_LETTERS = 500  # Recipients of one message of a client's that are correspondents from then on.
MAX_DOMAINS = 5
MAX_FINGERPRINTS = 12
REPLY_COUNTS = 0.25  # A letter of a user of ours counts 1; what calls itself a reply proves little.

_BAD = frozenset({Ending.REFUSED, Ending.HELD})
_VIRUS = frozenset({"VIRUS", "EICAR", "KNOWN_BAD_FILE"})
# Refused for what the recipient or his client chose, or for what is no fault of the sender's.
_NO_REPROACH = frozenset(
    {
        "BANNED_NAME",
        "BEYOND_LIMITS",
        "CLIENT_BLOCK",
        "CLIENT_BLOCK_ADDRESS",
        "ENCRYPTED_FILE",
        "MAIL_LOOP",
        "MESSAGE_TOO_LARGE",
        "POISON",
        "UNOPENABLE_FILE",
        "UNSCANNED_TOO_LARGE",
        "USER_BLOCK",
    }
)

Endings = Mapping[str, tuple[Ending, str]]  # By `Address.key`.
Verdicts = Mapping[str, Verdict]  # Likewise.


def sightings(
    incoming: Incoming, evidence: Evidence, verdicts: Verdicts, endings: Endings, now: float
) -> tuple[Sighting, ...]:
    """Good is what was delivered or spooled, bad what was refused or held for the sender's own fault.

    Recipients that the next hop does not know and deferred ones say nothing, but for greylisting. Nothing is held
    against a domain that is not proven to have sent the message.
    """
    if incoming.direction is Direction.OUTBOUND:
        return (*_letters(incoming, endings, now), *_sender_of_ours(incoming, evidence, endings, now))
    seen = tuple(_campaign(incoming, evidence, now))
    marks = dict(tuple(_marks(verdicts, endings))[:MAX_RECIPIENTS])
    return (
        *(_senders(incoming, evidence, marks, now) if marks else ()),
        *_greylist(incoming, evidence, verdicts, endings, now),
        *seen,
    )


def _campaign(incoming: Incoming, evidence: Evidence, now: float) -> Iterator[Sighting]:
    """Whatever became of the message: what is refused or deferred spreads too."""
    facts = evidence.campaign
    if isinstance(facts, Unknown):
        return
    network, domain = network_of(incoming.peer.ip), sender_domain(incoming.envelope.sender)
    recipients = tuple(one.address.key for one in incoming.envelope.recipients)
    for fingerprint in facts.fingerprints[:MAX_FINGERPRINTS]:
        yield from campaigns.sightings(
            fingerprint,
            now,
            is_known=fingerprint in facts.known,
            network=network,
            domain=domain,
            recipients=recipients,
        )


def greylist_steps(evidence: Evidence, verdicts: Verdicts, endings: Endings) -> Iterator[str]:
    """For the figures, one a recipient: "deferred", "early" or "passed"; deferred less passed never came back."""
    for entry in standing(evidence):
        verdict = verdicts.get(entry.recipient)
        if verdict is not None and is_greylisted(verdict):
            yield "early" if entry.state is GreylistState.EARLY else "deferred"
        elif entry.state is GreylistState.BACK and _ending(entry.recipient, endings) in TAKEN:
            yield "passed"


def _letters(incoming: Incoming, endings: Endings, now: float) -> Iterator[Sighting]:
    """To whom the client's users write."""
    for recipient in incoming.envelope.recipients[:MAX_LETTERS]:
        if _ending(recipient.address.key, endings) in TAKEN:
            name = correspondent_name(incoming.client, recipient.address)
            yield Sighting(Kind.CORRESPONDENT, name, now, good=1.0)


def _sender_of_ours(incoming: Incoming, evidence: Evidence, endings: Endings, now: float) -> Iterator[Sighting]:
    """What is usual of a client's account: that it sends, from where, when, with what, and to which pages it links."""
    facts, account = evidence.sending, incoming.account
    if account is None or isinstance(facts, Unknown) or not any(ending in TAKEN for ending, _ in endings.values()):
        return
    for name in (account.key, account.client):
        yield Sighting(Kind.ACCOUNT, name, now, good=1.0)
        if facts.program:
            yield Sighting(Kind.ACCOUNT_PROGRAM, sender_program_name(name, facts.program), now, good=1.0)
    yield Sighting(Kind.ACCOUNT_HOUR, account_hour_name(account, int(now % DAY_S // HOUR_S)), now, good=1.0)
    for place in facts.places:
        for owner in (account.key, account.client):
            yield Sighting(Kind.ACCOUNT_PLACE, sender_place_name(owner, place), now, good=1.0)
    for domain in facts.links:
        yield Sighting(Kind.ACCOUNT_LINK, account_link_name(account, domain), now, good=1.0)


def _marks(verdicts: Verdicts, endings: Endings) -> Iterator[tuple[str, bool]]:
    """For each recipient whose ending says something: whether it was good."""
    for key, (ending, _) in endings.items():
        if ending in TAKEN:
            yield key, True
        elif ending in _BAD and key in verdicts and _is_sender_to_blame(verdicts[key]):
            yield key, False


def _is_sender_to_blame(verdict: Verdict) -> bool:
    if verdict.category is Category.MASS:
        # A recipient who wants no newsletters says nothing about their senders.
        return False
    codes = {finding.code for finding in verdict.findings}
    # Spam does not hide behind a file that nobody can open: it was refused for its score.
    is_spam = (verdict.disposition, verdict.category) == (Disposition.REFUSE, Category.QUARANTINE)
    return is_spam or bool(codes & _VIRUS) or not codes & _NO_REPROACH


def _senders(incoming: Incoming, evidence: Evidence, marks: Mapping[str, bool], now: float) -> Iterator[Sighting]:
    is_good = any(marks.values())
    good, bad = (1.0, 0.0) if is_good else (0.0, 1.0)
    for kind, name in _identities(incoming, evidence):
        yield Sighting(kind, name, now, good, bad)
    sender = incoming.envelope.sender
    if sender is None or not is_proven(evidence, sender_domain(sender)):
        return
    for key, was_good in marks.items():
        yield Sighting(Kind.PAIR, pair_name(sender, key), now, float(was_good), float(not was_good))
    if is_good and not isinstance(evidence.history, Unknown) and evidence.history.is_reply:
        yield _reply(incoming.client, sender, now)


def _reply(client: str, sender: Address, now: float) -> Sighting:
    return Sighting(Kind.CORRESPONDENT, correspondent_name(client, sender), now, good=REPLY_COUNTS)


def _identities(incoming: Incoming, evidence: Evidence) -> Iterator[tuple[Kind, str]]:
    network, domain = network_of(incoming.peer.ip), sender_domain(incoming.envelope.sender)
    if network:
        yield Kind.NETWORK, network
    proven = authenticated_domains(evidence)[:MAX_DOMAINS]
    if domain and domain in proven:
        yield Kind.SENDER_DOMAIN, domain
    elif domain:
        yield Kind.UNPROVEN_SENDER, unproven_name(domain, network)
    for signer in _signers(evidence):
        yield Kind.DKIM_DOMAIN, signer


def _signers(evidence: Evidence) -> tuple[str, ...]:
    facts = evidence.authentication
    if isinstance(facts, Unknown):
        return ()
    names = dict.fromkeys(registered(name) for name in facts.dkim_domains)
    return tuple(name for name in names if name)[:MAX_DOMAINS]


def _greylist(
    incoming: Incoming, evidence: Evidence, verdicts: Verdicts, endings: Endings, now: float
) -> Iterator[Sighting]:
    entries = standing(evidence)
    is_unproven = any(entry.domain == "" for entry in entries)
    fingerprint = fingerprint_of(incoming, split_head(incoming.content).octets) if is_unproven else ""
    for entry in entries:
        was_deferred = entry.recipient in verdicts and is_greylisted(verdicts[entry.recipient])
        has_passed = _has_passed(entry) and _ending(entry.recipient, endings) in TAKEN
        if was_deferred or has_passed:
            name = (
                domain_name(entry.domain, entry.recipient)
                if entry.domain
                else message_name(incoming, entry.recipient, fingerprint)
            )
            yield Sighting(Kind.GREYLIST, name, now, good=float(has_passed))


def _has_passed(entry: GreylistEntry) -> bool:
    """The first time, and again where it keeps the door open for a domain."""
    return entry.state is GreylistState.BACK or (entry.state is GreylistState.PASSED and entry.domain != "")


def _ending(key: str, endings: Endings) -> Ending | None:
    return endings[key][0] if key in endings else None
