"""What a client's server may pass on in the name of others: only what shows that it came in for that client."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace

import pytest

from ecluse.adapters.lmdb.connectors import LmdbConnectors
from ecluse.adapters.lmdb.policies import LmdbPolicies, apply, publish
from ecluse.domain.address import Address
from ecluse.domain.connector import AccountSource, Connector
from ecluse.domain.content import MemoryContent
from ecluse.domain.forwarded import Forwarded
from ecluse.domain.policy import Policy, Route, ServiceState
from ecluse.domain.publication import Batch, Kind, Publication
from ecluse.domain.published import PublishedPolicy
from ecluse.domain.reply import Reply
from ecluse.mta.reception import answers
from ecluse.mta.reception.forwarding import Forwarding
from ecluse.mta.reception.networks import Networks
from ecluse.mta.reception.stamps import Stamps
from ecluse.mta.reception.submissions import Submissions
from ecluse.mta.reception.submitter import Submitter
from ecluse.wire.mime.fields import split_head
from ecluse.wire.smtp import replies
from ecluse.wire.stamp import Stamp

NOW = 1_795_852_800.0
ROUTE = (Route("192.0.2.9"),)
LOGIN = Connector("one", "mail", login="mail@one.example", account_from=AccountSource.LOGIN, forwards=True)
PLAIN = Connector("one", "printer", login="printer@one.example", account_from=AccountSource.LOGIN)
OFFICE = Connector("one", "Office", networks=("192.0.2.0/24",), lists_senders=True, forwards=True)
CLOUD = Connector(
    "one",
    "cloud",
    networks=("203.0.113.0/24",),
    is_shared=True,
    token=hashlib.sha256(b"a token").digest(),
    forwards=True,
)
BOTH = tuple(Connector(name, "both", networks=("198.51.100.0/24",), forwards=True) for name in ("one", "two"))
LATE = Connector("late", "late", login="x@late.example", forwards=True)
FAR, TWO, ANN = Address("ann", "far.example"), Address("ann", "two.example"), Address("ann", "one.example")
FORWARDER = Submitter("198.18.0.1", login=LOGIN)
FROM_OFFICE, FROM_CLOUD = Submitter("192.0.2.5"), Submitter("203.0.113.5")
MAIL = b"From: Ann <ann@far.example>\r\nSubject: hi\r\nMessage-ID: <1@far.example>\r\n\r\nHello\r\n"
OF_OURS = MAIL.replace(b"far.example>\r\nSubject", b"one.example>\r\nSubject")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    policies = (
        Policy("one", "one.example", ROUTE, is_filtered=False),
        Policy("two", "two.example", ROUTE),
        Policy("late", "late.example", ROUTE, state=ServiceState.SUSPENDED),
    )
    path = tmp_path_factory.mktemp("policy") / "policy"
    connectors = (LOGIN, PLAIN, OFFICE, CLOUD, LATE, *BOTH)
    publish(path, PublishedPolicy(policies, (ANN,), (), connectors=connectors))
    return path


@pytest.fixture(scope="module")
def submissions(path):
    policies, connectors = LmdbPolicies(path), LmdbConnectors(path)
    stamps = Stamps(connectors, b"k" * 32, lambda: NOW)
    return Submissions(policies, connectors, Networks(("10.0.0.1",)), Forwarding(policies, connectors, stamps))


@pytest.fixture(scope="module")
def stamped(submissions):
    """The message as it was relayed to the client."""

    def stamped(octets=MAIL, client="one", domain="one.example", sender="far.example"):
        content = MemoryContent(octets)
        stamp = Stamp(int(NOW), domain, sender)
        relayed = asyncio.run(
            submissions.forwarding.stamps.stamped(content, stamp, client, split_head(content), content)
        )
        return relayed.slice(0, relayed.size)

    return stamped


@pytest.fixture(scope="module")
def sent(submissions):
    """What it becomes: the submission, or the answer to MAIL or to the end of DATA."""

    def sent(octets, submitter=FORWARDER, sender=FAR):
        begun = submissions.begin(submitter, sender)
        if isinstance(begun, Reply):
            return begun
        ended = asyncio.run(submissions.end(begun, sender, submitter, MemoryContent(octets)))
        return ended if isinstance(ended, Reply) else ended.submission

    return sent


@pytest.mark.parametrize(
    ("submitter", "sender", "token", "forwarded"),
    [
        (FORWARDER, FAR, b"", Forwarded("one.example", is_sender_proven=True)),
        (FORWARDER, TWO, b"", Forwarded("one.example")),  # Another client's, and proven it was not.
        (FORWARDER, ANN, b"", Forwarded(is_sender_proven=True)),  # Its server has rewritten it already.
        (FORWARDER, None, b"", Forwarded(is_sender_proven=True)),  # A bounce to a user who forwards.
        (FROM_OFFICE, FAR, b"", Forwarded("one.example", is_sender_proven=True)),
        (FROM_OFFICE, Address("bounces+srs", "one.example"), b"", Forwarded(is_sender_proven=True)),
        (FROM_CLOUD, ANN, b"X-Ecluse-Token: a token\r\n", Forwarded(is_sender_proven=True)),
    ],
)
def test_what_came_in_for_the_client_may_go_on(sent, stamped, submitter, sender, token, forwarded):
    found = sent(b"Received: by a server\r\n" + token + stamped(), submitter, sender)
    assert found.forwarded == forwarded
    assert (found.policy.domain, found.policy.is_filtered) == ("one.example", True)
    assert found.account.name == f"forwarding: {found.connector.name.casefold()}"


def test_what_came_in_is_not_the_clients_own_whomever_it_names(sent, stamped):
    """Else a forged message, sent on with a sender of the client's, would leave with the client's signature."""
    assert sent(stamped(OF_OURS), sender=ANN).forwarded is not None
    assert sent(OF_OURS, sender=ANN).forwarded is None


@pytest.mark.parametrize(
    ("submitter", "sender", "reply"),
    [
        (FORWARDER, FAR, answers.NOT_RELAYED),
        (FORWARDER, ANN, answers.NOT_RELAYED),
        (FORWARDER, None, answers.NOT_RELAYED),
        (FROM_OFFICE, Address("eve", "one.example"), answers.UNLISTED_SENDER),
        (Submitter("198.18.0.1", login=PLAIN), FAR, answers.FOREIGN_SENDER),
        (Submitter("198.18.0.1", login=PLAIN), ANN, answers.FOREIGN_AUTHOR),
        (Submitter("198.18.0.1"), FAR, replies.LOG_IN_FIRST),
        (Submitter("198.51.100.5"), FAR, answers.FOREIGN_SENDER),  # Two clients' networks prove neither.
        (Submitter("198.51.100.5"), ANN, answers.FOREIGN_AUTHOR),
        (FROM_CLOUD, FAR, answers.FOREIGN_SENDER),
        (FROM_CLOUD, ANN, answers.FOREIGN_AUTHOR),
        (Submitter("10.0.0.1"), FAR, answers.FOREIGN_SENDER),
        (Submitter("10.0.0.1"), ANN, answers.FOREIGN_AUTHOR),
        (FORWARDER, Address("a" * 250, "far.example"), answers.SENDER_NOT_REWRITABLE),
    ],
)
def test_what_shows_nothing_is_refused_as_ever(sent, submitter, sender, reply):
    assert sent(MAIL, submitter, sender) == reply


@pytest.mark.parametrize(
    "change",
    [
        lambda stamped: stamped().replace(b"Hello", b"Buy"),
        lambda stamped: stamped().replace(b"ann@far", b"ceo@far"),
        lambda stamped: stamped(client="two"),
        lambda stamped: stamped(domain="two.example"),  # Since then another client's.
        lambda stamped: stamped(domain="gone.example"),
        lambda stamped: b"X-Ecluse-Stamp: t=1; d=one.example; s=; b=AAAAAAAAAAAAAAAAAAAAAA==\r\n" + MAIL,
    ],
    ids=["body", "author", "client", "domain", "domain gone", "forged"],
)
def test_a_stamp_of_anything_else_counts_for_nothing(sent, stamped, change):
    assert sent(change(stamped)) == answers.NOT_RELAYED


def test_stamps_count_where_a_connector_forwards_alone_and_the_client_is_served(sent, stamped, submissions, path):
    assert sent(stamped(), Submitter("198.18.0.1", login=PLAIN), ANN) == answers.FOREIGN_AUTHOR
    late = stamped(client="late", domain="late.example")
    assert sent(late, Submitter("198.18.0.1", login=LATE)) == answers.SUSPENDED
    stamps = submissions.forwarding.stamps
    assert [stamps.wanted(client) for client in ("one", "two", "late", "three")] == [True, True, True, False]
    assert not replace(stamps, node_key=b"").wanted("one")
    apply(path, Batch(1, (Publication(Kind.CONNECTOR, "late/late", None),)))
    assert not stamps.wanted("late")
