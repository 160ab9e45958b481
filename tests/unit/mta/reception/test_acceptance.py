"""What is kept of a message whose answer becomes another one than was meant."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb.environment import close_all
from ecluse.adapters.lmdb.locks import LmdbLocks
from ecluse.adapters.sqlite.quotas import SqliteQuotas
from ecluse.domain.account import Account
from ecluse.domain.address import Address
from ecluse.domain.authentication import DmarcFacts, SpfFacts
from ecluse.domain.content import PrefixedContent
from ecluse.domain.envelope import Recipient
from ecluse.domain.errors import Unavailable
from ecluse.domain.finding import Finding
from ecluse.domain.forwarded import Forwarded
from ecluse.domain.incoming import Direction
from ecluse.domain.sending import Rates, SendingTerms
from ecluse.domain.sending_rule import RuleAction, SendingRule
from ecluse.filtering.collect import Collector, Served, Sources
from ecluse.filtering.pipeline import Pipeline
from ecluse.mta.reception.acceptance import Acceptance
from ecluse.mta.reception.emission_watch import EmissionWatch
from ecluse.mta.reception.sending_limits import SendingLimits
from ecluse.mta.reception.tarpit import Tarpit
from tests.unit.filtering import samples

URL = "https://release.gateway.test/r/"
SAM = Account("Client", "sam@sender.example")
SEALED = replace(samples.POLICY, seal_to=bytes(range(32)))


class _Journal:
    def __init__(self, problem=None):
        self.problem, self.events = problem, []

    def append(self, event):
        self.events.append(event)

    async def sync(self):
        if self.problem:
            raise self.problem


@pytest.fixture
def held(tmp_path):
    spool = FolderSpool(tmp_path, reserve_bytes=0)
    yield spool
    spool.close()


@pytest.fixture
def limits(tmp_path):
    """One message a minute."""
    quotas, locks = SqliteQuotas(tmp_path / "quotas.sqlite", b"salt"), LmdbLocks(tmp_path / "locks")
    terms = SendingTerms(account=Rates(messages_per_minute=1))
    yield SendingLimits(locks, quotas, terms, EmissionWatch(locks, quotas))
    quotas.close()
    close_all()


@pytest.fixture
def answer(held):
    def _answer(
        problem=None,
        *,
        policy=SEALED,
        code="GTUBE",
        detail="",
        facts=None,
        content=samples.MESSAGE,
        bob_only=False,
        limits=None,
        notices=None,
        forwarded=None,
    ):
        def found(evidence, policy):
            yield Finding(code, detail, recipient=samples.BOB.address.key if bob_only else "")

        authentication = Collector("authentication", lambda _: facts or samples.HARMLESS.authentication)
        acceptance = Acceptance(
            hostname="gateway.test",
            pipeline=Pipeline((authentication,), (found,), ()),
            sources=Sources(None, None, "gateway.test"),
            journal=_Journal(problem),
            spool=None,
            held=held,
            doorbell=None,
            cut_through=None,
            tarpit=Tarpit(0),
            release_url=URL,
            limits=limits,
            notices=notices,
        )
        people = (samples.ANN, samples.BOB) if bob_only else (samples.ANN,)
        direction = Direction.OUTBOUND if notices else Direction.INBOUND
        incoming = samples.incoming(content, recipients=people, direction=direction)
        incoming = replace(incoming, account=SAM, forwarded=forwarded)
        served = tuple(Served(each, policy) for each in people)
        return asyncio.run(acceptance.answer(incoming, served, lambda: False))

    return _answer


def test_a_refused_message_is_kept_for_its_sender(answer, held):
    reply = answer()
    assert (reply.code, URL in reply.text) == (550, True)
    assert len(list(held.messages())) == 1
    with held.lock(samples.incoming().id):
        pass


@pytest.mark.parametrize("problem", [Unavailable("the disk is full"), RuntimeError("a fault of ours"), MemoryError()])
def test_a_refusal_that_cannot_be_recorded_is_none_and_keeps_nothing(answer, held, problem):
    """Its sender comes again, and knows nothing of a link."""
    assert answer(problem).code == 451
    assert list(held.messages()) == []


def test_a_worker_that_ends_keeps_nothing(answer, held):
    with pytest.raises(asyncio.CancelledError):
        answer(asyncio.CancelledError())
    assert list(held.messages()) == []


def test_a_damaged_key_keeps_no_refusal_from_its_sender(answer, held):
    assert answer(policy=replace(samples.POLICY, seal_to=b"short")).code == 550
    assert list(held.messages()) == []


UNPROVEN = replace(
    samples.AUTHENTICATION,
    spf=SpfFacts("softfail", "sender.example", "mailfrom"),
    signatures=(),
    dmarc=DmarcFacts("fail", "sender.example"),
)
OF_ANOTHER = replace(UNPROVEN, signatures=(replace(samples.SIGNED, domain="else.example"),))
AUTOMATIC = samples.MESSAGE.replace(b"Date:", b"Auto-Submitted: auto-generated\r\nDate:")


@pytest.mark.parametrize(
    ("code", "facts", "content", "expected"),
    [
        ("POISON", samples.AUTHENTICATION, samples.MESSAGE, True),
        ("POISON", UNPROVEN, samples.MESSAGE, False),
        ("POISON", OF_ANOTHER, samples.MESSAGE, False),
        ("POISON", None, samples.MESSAGE, False),
        ("POISON", samples.AUTHENTICATION, AUTOMATIC, False),
        ("GTUBE", samples.AUTHENTICATION, samples.MESSAGE, False),  # The refusal tells him.
    ],
)
def test_only_a_proven_person_whom_no_refusal_tells_may_be_told_by_mail(answer, held, code, facts, content, expected):
    answer(code=code, facts=facts, content=content)
    [message] = held.messages()
    assert message.may_be_challenged is expected
    is_proven = facts is samples.AUTHENTICATION
    assert message.proven == ("sender.example" if is_proven else "")  # Support believes it by this once it is released.


def test_a_message_that_is_put_off_for_one_of_its_recipients_uses_up_no_limit(answer, limits):
    """However often it comes again."""
    replies = [answer(code="UNSCANNED_UNAVAILABLE", bob_only=True, limits=limits) for _ in range(3)]
    assert ["scanner" in each.text for each in replies] == [True, True, True]
    assert limits.at_mail(SAM, "192.0.2.10", samples.incoming().received_at) is None


class _Told:
    """The notices that were to be sent."""

    def __init__(self, problem=None):
        self.problem, self.sent = problem, []

    async def send(self, action, message, recipients, content, now):
        if self.problem:
            raise self.problem
        self.sent.append((action, str(message.sender), [(one.address.key, one.reply) for one in recipients]))


HOLDS = replace(SEALED, sending_rules=(SendingRule("Lists", RuleAction.HOLD),))
REASON = HOLDS.sending_rules[0].reason


@pytest.mark.parametrize("problem", [None, Unavailable("the disk is full")])
def test_what_waits_for_approval_says_so_to_server_and_sender(answer, held, problem):
    told = _Told(problem)
    reply = answer(policy=HOLDS, code="SENDING_RULE", detail="Lists", notices=told)
    assert str(reply).startswith(f"250 2.0.0 Kept, not sent yet: it waits for approval. {REASON}")
    assert len(list(held.messages())) == 1
    assert told.sent == ([] if problem else [("waiting", "sam@sender.example", [("ann@client.example", REASON)])])


def test_a_machine_is_not_told_by_mail(answer):
    told = _Told()
    content = b"Auto-Submitted: auto-generated\r\n" + samples.MESSAGE
    assert answer(policy=HOLDS, code="SENDING_RULE", detail="Lists", notices=told, content=content).code == 250
    assert told.sent == []


def test_inbound_a_held_message_is_accepted_without_a_word(answer):
    assert str(answer(policy=HOLDS, code="SENDING_RULE", detail="Lists")).startswith("250 2.0.0 Message accepted")


class _Spool:
    """What was spooled."""

    def __init__(self):
        self.kept = []

    async def keep_parts(self, parts, content):
        self.kept += [(part, content.slice(0, content.size)) for part in parts]


class _Signer:
    """Signs in whoever's name."""

    async def signed(self, incoming, section, outgoing):
        return PrefixedContent(b"DKIM-Signature: x\r\n", outgoing, 0)


class _Bell:
    def ring(self, destination, message_id):
        """Nobody delivers here."""


PUBLISHED = replace(UNPROVEN, dmarc=DmarcFacts("fail", "sender.example", record="v=DMARC1; p=none"))
OUTSIDE = Recipient(Address("eve", "far.example"))


@pytest.mark.parametrize(
    ("direction", "forwarded", "goes_on", "expected"),
    [
        (Direction.OUTBOUND, None, False, ("", True)),
        (Direction.OUTBOUND, Forwarded("client.example", is_sender_proven=True), False, ("client.example", True)),
        (Direction.OUTBOUND, Forwarded("client.example"), False, ("client.example", False)),
        (Direction.INBOUND, None, True, ("", False)),  # The bounce of what was forwarded.
    ],
)
def test_what_goes_outside_is_queued_for_there_signed_where_it_is_ours_and_tells_no_stranger(
    direction, forwarded, goes_on, expected
):
    spool, journal = _Spool(), _Journal()
    acceptance = Acceptance(
        hostname="gateway.test",
        pipeline=Pipeline((Collector("authentication", lambda _: PUBLISHED),), (), ()),
        sources=Sources(None, None, "gateway.test"),
        journal=journal,
        spool=spool,
        held=None,
        doorbell=_Bell(),
        cut_through=None,
        tarpit=Tarpit(0),
        signer=_Signer() if direction is Direction.OUTBOUND else None,
    )
    incoming = replace(samples.incoming(recipients=(OUTSIDE,), direction=direction), forwarded=forwarded)
    served = (Served(OUTSIDE, samples.POLICY, goes_on=goes_on),)
    assert asyncio.run(acceptance.answer(incoming, served, lambda: False)).code == 250
    [(queued, octets)] = spool.kept
    assert octets.startswith(b"DKIM-Signature") is (direction is Direction.OUTBOUND and forwarded is None)
    assert (queued.direction, queued.destination) == (Direction.OUTBOUND, "far.example")
    assert (queued.rewrites_in, queued.is_sender_authenticated) == expected
    # One report of it is enough, and names who sent it to the client.
    assert bool(journal.events[-1].dmarc) is (direction is Direction.INBOUND)


def test_who_wrote_what_a_client_forwards_is_not_told_that_it_is_held(answer, held):
    told = _Told()
    reply = answer(policy=HOLDS, code="SENDING_RULE", detail="Lists", notices=told, forwarded=Forwarded("a.example"))
    assert (reply.code, told.sent, len(list(held.messages()))) == (250, [], 1)
