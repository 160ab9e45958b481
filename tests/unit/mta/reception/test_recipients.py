"""What RCPT is answered; the stores are real ones in a folder of the test."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from ecluse.adapters.lmdb.outages import LmdbOutages
from ecluse.adapters.lmdb.policies import LmdbPolicies, apply, publish
from ecluse.domain.account import Account
from ecluse.domain.address import Address
from ecluse.domain.envelope import Recipient
from ecluse.domain.outage import HOUR_S, Outage
from ecluse.domain.policy import Policy, Route, ServiceState
from ecluse.domain.publication import Batch, Kind, Publication
from ecluse.domain.published import PublishedPolicy
from ecluse.domain.reply import Reply
from ecluse.domain.suppression import Suppression, SuppressionCause, suppression_key
from ecluse.filtering.collect import Served
from ecluse.mta.reception import answers
from ecluse.mta.reception.callout import Callout, CalloutLimits
from ecluse.mta.reception.recipients import SUSPENSION_GRACE_S, InboundRecipients, OutboundRecipients, Transaction
from ecluse.mta.reception.submission import Submission
from ecluse.mta.return_paths import ReturnPaths
from ecluse.wire.smtp import replies
from ecluse.wire.smtp.client import Capabilities
from tests.unit.entrypoints.cli.conftest import QUEUED

NOW = 1_800_000_000.0
BOB = Address("bob", "far.example")
ONE, TWO = Route("192.0.2.1"), Route("192.0.2.2")
LISTED = Policy("one", "listed.example", (ONE,))
ANY = Policy("one", "any.example", (ONE,), accepts_any_address=True)
ASKED = Policy("one", "asked.example", (ONE,), verifies_addresses=True)
ELSEWHERE = Policy("one", "elsewhere.example", (TWO,), accepts_any_address=True)
OTHER = Policy("two", "other.example", (ONE,), accepts_any_address=True)
SENDS = Policy("f", "f.example", (ONE,), accepts_any_address=True, receives_inbound=False)
SUSPENDED = Policy("s", "s.example", (ONE,), state=ServiceState.SUSPENDED, state_since=NOW)
ENDED = Policy("e", "e.example", (ONE,), state=ServiceState.ENDED, state_since=NOW)


@pytest.fixture
def outages(tmp_path):
    store = LmdbOutages(tmp_path / "outages")
    yield store
    store.close()


@pytest.fixture
def policies(tmp_path):
    domains = (LISTED, ANY, ASKED, ELSEWHERE, OTHER, SUSPENDED, ENDED, SENDS)
    publish(
        tmp_path / "policy",
        PublishedPolicy(domains, (Address("Ann", "listed.example"), Address("Ann", "asked.example")), ()),
    )
    return LmdbPolicies(tmp_path / "policy")


@pytest.fixture
def admit(policies, outages):
    """`admit("ann@one.example", known=..., now=..., first=..., declared_size=..., smtputf8=...)`."""

    def admit(text, known=None, now=NOW, **transaction):
        local, _, domain = text.rpartition("@")
        recipients = InboundRecipients(policies, outages, lambda _route: known)
        said = Transaction(**{"declared_size": 0, "smtputf8": False} | transaction)
        return recipients.admit(Recipient(Address(local, domain)), said, now)

    return admit


def accepted(policy):
    return Served(Recipient(Address("bob", policy.domain)), policy)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ann@listed.example", LISTED),
        ("ANN@listed.example", LISTED),
        ("eve@listed.example", replies.UNKNOWN_ADDRESS),
        ("postmaster@listed.example", LISTED),
        ("PostMaster@listed.example", LISTED),
        ("anybody@any.example", ANY),
        ("ann@nowhere.example", replies.UNKNOWN_DOMAIN),
        ("ann@sub.any.example", replies.UNKNOWN_DOMAIN),
        ("ann@f.example", replies.UNKNOWN_DOMAIN),  # It bought outbound alone (2-5).
        ("ann@s.example", answers.SUSPENDED),
        ("postmaster@s.example", answers.SUSPENDED),
        ("ann@e.example", answers.SERVICE_ENDED),
    ],
)
def test_whose_address_it_is(admit, text, expected):
    answer = admit(text)
    assert (answer.policy if isinstance(answer, Served) else answer) == expected


@pytest.mark.parametrize(
    ("later_s", "expected"), [(SUSPENSION_GRACE_S - 1, answers.SUSPENDED), (SUSPENSION_GRACE_S, answers.SERVICE_ENDED)]
)
def test_a_suspended_client_is_451_for_five_days(admit, later_s, expected):
    assert admit("ann@s.example", now=NOW + later_s) == expected


@pytest.mark.parametrize(
    ("first", "second", "may"),
    [(ANY, LISTED, True), (ANY, ELSEWHERE, False), (ANY, OTHER, False), (OTHER, OTHER, True)],
)
def test_one_transaction_has_one_client_and_one_set_of_routes(admit, first, second, may):
    answer = admit(f"ann@{second.domain}", first=accepted(first))
    assert isinstance(answer, Served) is may
    assert may or answer == replies.SECOND_CLIENT


@pytest.mark.parametrize(
    ("hours", "expected"), [(119, None), (120, answers.NEXT_HOP_AWAY), (200, answers.NEXT_HOP_AWAY)]
)
def test_from_120_hours_out_of_reach_new_mail_stays_with_its_sender(admit, outages, hours, expected):
    outages.save(Outage("any.example", since=NOW - hours * HOUR_S))
    answer = admit("ann@any.example")
    assert answer == expected if expected else isinstance(answer, Served)


OFFERS = Capabilities(size=1_000, smtputf8=True)


@pytest.mark.parametrize(
    ("known", "said", "expected"),
    [
        (None, {"declared_size": 5_000, "smtputf8": True}, None),
        (OFFERS, {"declared_size": 1_000, "smtputf8": True}, None),
        (OFFERS, {"declared_size": 1_001}, replies.TOO_LARGE),
        (replace(OFFERS, size=0), {"declared_size": 5_000}, None),
        (replace(OFFERS, size=None), {"declared_size": 5_000}, None),
        (replace(OFFERS, smtputf8=False), {"smtputf8": True}, answers.NO_SMTPUTF8),
    ],
)
def test_what_the_next_hop_is_known_not_to_take(admit, known, said, expected):
    answer = admit("ann@any.example", known, **said)
    assert answer == expected if expected else isinstance(answer, Served)


def test_outbound_any_recipient_is_judged_by_his_senders_policy(policies):
    sent = Transaction(0, smtputf8=False, submission=Submission(ANY, Account("c", "eve@any.example")))
    served = OutboundRecipients(policies).admit(Recipient(Address("ann", "world.example")), sent, NOW)
    assert isinstance(served, Served)
    assert served.policy is ANY
    assert isinstance(OutboundRecipients(policies).admit(Recipient(Address("postmaster", "")), sent, NOW), Reply)


GONE = Suppression("one", "gone@world.example", SuppressionCause.UNKNOWN, NOW)


def suppressed(tmp_path, line, body=True):
    encoded = msgspec.msgpack.encode(line) if body else None
    apply(
        tmp_path / "policy",
        Batch(1, (Publication(Kind.SUPPRESSION, suppression_key(line.client, line.recipient), encoded),)),
    )


@pytest.mark.parametrize(
    ("policy", "address", "is_served"),
    [
        (ANY, "Gone@world.example", False),
        (ANY, "ann@world.example", True),
        (OTHER, "gone@world.example", True),
        (replace(ANY, suppresses=False), "gone@world.example", True),
    ],
)
def test_outbound_a_suppressed_recipient_of_this_client_is_refused(policies, tmp_path, policy, address, is_served):
    suppressed(tmp_path, GONE)
    sent = Transaction(0, smtputf8=False, submission=Submission(policy, Account("c", "eve@any.example")))
    answer = OutboundRecipients(policies).admit(Recipient(Address(*address.split("@"))), sent, NOW)
    assert isinstance(answer, Served) is is_served


@pytest.mark.parametrize("cause", SuppressionCause)
def test_a_suppressed_recipient_is_refused_with_the_reason_and_where_to_end_it(policies, tmp_path, cause):
    suppressed(tmp_path, replace(GONE, cause=cause))
    sent = Transaction(0, smtputf8=False, submission=Submission(ANY, Account("c", "eve@any.example")))
    answer = OutboundRecipients(policies).admit(Recipient(Address("gone", "world.example")), sent, NOW)
    assert isinstance(answer, Reply)
    assert answer.code == 550
    assert "2027-01-15" in answer.text
    assert "Suppressed recipients" in answer.text
    suppressed(tmp_path, GONE, body=False)
    assert isinstance(
        OutboundRecipients(policies).admit(Recipient(Address("gone", "world.example")), sent, NOW), Served
    )


@pytest.mark.parametrize("text", ["postmaster", "Postmaster", "postmaster@gateway.example"])
def test_mail_to_our_own_postmaster_goes_to_the_address_of_the_settings(policies, outages, text):
    local, _, domain = text.partition("@")
    reader = Address("ann", "listed.example")
    recipients = InboundRecipients(policies, outages, lambda _route: None, "gateway.example", reader)
    served = recipients.admit(Recipient(Address(local, domain)), Transaction(0, smtputf8=False), NOW)
    assert served == Served(Recipient(reader), LISTED)


def test_without_such_an_address_our_own_postmaster_is_nobody(admit):
    assert admit("postmaster@gateway.example") == replies.UNKNOWN_DOMAIN


class NobodyAsks:
    """A server that must not be asked."""

    async def __call__(self, route, address, deadline):
        raise AssertionError(f"{address} was asked for")


async def knows_ann_and_postmaster(route, address, deadline):
    return Reply(250, "", "") if address.local in {"ann", "postmaster"} else Reply(550, "1.1", "")


@pytest.fixture
def admit_asking(policies, outages):
    def admit(text, callout, **transaction):
        local, _, domain = text.rpartition("@")
        recipients = InboundRecipients(policies, outages, lambda _route: None, callout=callout)
        said = Transaction(**{"declared_size": 0, "smtputf8": False} | transaction)
        return recipients.admit(Recipient(Address(local, domain)), said, NOW)

    return admit


async def test_where_the_client_keeps_no_list_its_server_is_asked_once(admit_asking):
    callout = Callout(knows_ann_and_postmaster)
    assert await admit_asking("eve@asked.example", callout) == replies.UNKNOWN_ADDRESS
    assert admit_asking("eve@asked.example", callout) == replies.UNKNOWN_ADDRESS


async def test_one_that_its_server_knows_is_served(admit_asking):
    async def knows_everybody(route, address, deadline):
        return Reply(250, "", "")

    answer = await admit_asking("bob@asked.example", Callout(knows_everybody))
    assert answer == Served(Recipient(Address("bob", "asked.example")), ASKED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ann@asked.example", ASKED),
        ("Postmaster@asked.example", ASKED),
        ("eve@listed.example", replies.UNKNOWN_ADDRESS),
        ("eve@any.example", ANY),
    ],
)
async def test_nobody_is_asked_where_the_answer_is_known(admit_asking, text, expected):
    answer = admit_asking(text, Callout(NobodyAsks()))
    assert (answer.policy if isinstance(answer, Served) else answer) == expected


async def test_nobody_is_asked_for_a_recipient_that_is_turned_away_anyhow(admit_asking):
    assert admit_asking("eve@asked.example", Callout(NobodyAsks()), first=accepted(OTHER)) == replies.SECOND_CLIENT


async def test_a_server_out_of_reach_is_not_asked_and_its_mail_is_taken(admit_asking, outages):
    outages.save(Outage("asked.example", since=NOW - HOUR_S))
    assert isinstance(admit_asking("eve@asked.example", Callout(NobodyAsks())), Served)


async def test_a_server_that_was_asked_too_much_is_spared(admit_asking):
    callout = Callout(knows_ann_and_postmaster, CalloutLimits(burst=0))
    assert await admit_asking("eve@asked.example", callout) == answers.ASKED_TOO_MUCH


def test_without_callouts_every_address_is_taken(admit_asking):
    assert isinstance(admit_asking("eve@asked.example", None), Served)


@pytest.mark.parametrize(
    ("to", "is_bounce", "expected"),
    [
        ("signed", True, "ann@signs.example"),
        ("ann", True, answers.FOREIGN_BOUNCE),
        ("ann", False, "ann@signs.example"),
        ("postmaster", True, "postmaster@signs.example"),
        ("eve", False, replies.UNKNOWN_ADDRESS),
    ],
)
def test_where_return_paths_are_signed_other_bounces_are_refused(tmp_path, outages, to, is_bounce, expected):
    ann, signs = Address("ann", "signs.example"), Policy("one", "signs.example", (ONE,), signs_return_path=True)
    publish(tmp_path / "signs", PublishedPolicy((signs,), (ann,), ()))
    policies = LmdbPolicies(tmp_path / "signs")
    paths = ReturnPaths(policies, b"k" * 32)
    signed = paths.sign(replace(QUEUED, sender=ann)).sender
    address = signed if to == "signed" else Address(to, "signs.example")
    recipients = InboundRecipients(policies, outages, lambda _route: None, return_paths=paths)
    answer = recipients.admit(Recipient(address), Transaction(0, smtputf8=False, is_bounce=is_bounce), NOW)
    assert (answer.recipient.address.key if isinstance(answer, Served) else answer) == expected
    # What comes back is read: `mta/reports/bounce_reading.py`.
    assert not isinstance(answer, Served) or answer.came_back is (to == "signed")


class TestForwarded:
    """Bounces of what a client has forwarded."""

    @pytest.fixture
    def paths(self, policies):
        return ReturnPaths(policies, b"k" * 32, lambda: NOW)

    @pytest.fixture
    def asked(self, policies, outages, paths):
        def asked(address, **transaction):
            recipients = InboundRecipients(policies, outages, lambda _route: None, return_paths=paths)
            said = Transaction(**{"declared_size": 0, "smtputf8": False, "is_bounce": True} | transaction)
            return recipients.admit(Recipient(address), said, NOW)

        return asked

    @pytest.fixture
    def srs(self, paths):
        message = replace(QUEUED, client="one", sender=BOB, rewrites_in="listed.example")
        return paths.sign(message).sender

    def test_they_go_on_to_who_wrote_it_by_themselves(self, asked, srs):
        served = asked(srs)
        assert (served.recipient.address, served.policy, served.goes_on) == (BOB, LISTED, True)
        assert asked(Address("ann", "listed.example"), first=served) == replies.SECOND_CLIENT
        assert asked(srs, first=accepted(LISTED)) == replies.SECOND_CLIENT

    def test_nothing_else_is_taken_for_them(self, asked, srs, paths):
        later = replace(paths, clock=lambda: NOW - 22 * 86_400).sign(
            replace(QUEUED, client="one", sender=BOB, rewrites_in="any.example")
        )
        for address, transaction in (
            (srs, {"is_bounce": False}),
            (replace(srs, local=srs.local.replace("bob", "eve")), {}),
            (replace(srs, domain="other.example"), {}),
            (later.sender, {}),
        ):
            assert asked(address, **transaction) == replies.UNKNOWN_ADDRESS
