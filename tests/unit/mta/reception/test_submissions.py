"""Who may send as whom: every kind of proof against every kind of sender."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace

import lmdb
import msgspec
import pytest

from ecluse.adapters.lmdb.connectors import LmdbConnectors
from ecluse.adapters.lmdb.policies import LmdbPolicies, apply, publish
from ecluse.domain.address import Address
from ecluse.domain.connector import AccountSource, Connector
from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Unavailable
from ecluse.domain.policy import Policy, Route, ServiceState
from ecluse.domain.publication import Batch, Kind, Publication
from ecluse.domain.published import PublishedPolicy
from ecluse.domain.reply import Reply
from ecluse.mta.reception import answers
from ecluse.mta.reception.forwarding import Forwarding
from ecluse.mta.reception.networks import Networks
from ecluse.mta.reception.stamps import Stamps
from ecluse.mta.reception.submission import Submission
from ecluse.mta.reception.submissions import Arrived, Submissions
from ecluse.mta.reception.submitter import Submitter
from ecluse.wire.sasl import scram
from ecluse.wire.smtp import replies

ROUTE = (Route("192.0.2.9"),)
TOKEN = b"a token"
LOGIN = Connector("one", "printer", login="printer@one.example", account_from=AccountSource.LOGIN)
NETWORK = Connector("one", "office", networks=("192.0.2.0/24",), lists_senders=True)
CERTIFICATE = Connector("one", "server", certificate="ab" * 32, networks=("198.51.100.0/24",))
CLOUD = Connector("one", "cloud", networks=("203.0.113.0/24",), is_shared=True, token=hashlib.sha256(TOKEN).digest())
NAMING = Connector(
    "one", "naming", certificate="cd" * 32, account_from=AccountSource.HEADER, account_header="X-Authenticated-User"
)
ANN = Address("ann", "one.example")
TRUSTED = "10.0.0.1"
ANYWHERE, OFFICE, SHARED = "198.18.0.1", "192.0.2.5", "203.0.113.5"
FROM_OFFICE = Submitter(OFFICE)


@pytest.fixture
def path(tmp_path):
    policies = (
        Policy("one", "one.example", ROUTE, is_filtered=False),
        Policy("two", "two.example", ROUTE),
        Policy("late", "late.example", ROUTE, state=ServiceState.SUSPENDED),
        Policy("gone", "gone.example", ROUTE, state=ServiceState.ENDED),
        Policy("inbound", "inbound.example", ROUTE, sends_outbound=False),
    )
    connectors = (LOGIN, NETWORK, CERTIFICATE, CLOUD, NAMING)
    publish(tmp_path / "policy", PublishedPolicy(policies, (ANN,), (), connectors=connectors))
    return tmp_path / "policy"


def rules(path, policies=LmdbPolicies):
    policies, connectors = policies(path), LmdbConnectors(path)
    return Submissions(
        policies, connectors, Networks((TRUSTED,)), Forwarding(policies, connectors, Stamps(connectors, b""))
    )


@pytest.fixture
def submissions(path):
    return rules(path)


def message(*fields, author="ann@one.example"):
    head = "".join(f"{field}\r\n" for field in ((f"From: {author}",) if author else ()) + fields)
    return MemoryContent(f"{head}\r\nHello\r\n".encode())


@pytest.mark.parametrize(
    ("submitter", "sender", "expected"),
    [
        (Submitter(ANYWHERE), ANN, replies.LOG_IN_FIRST),
        (Submitter(ANYWHERE), None, replies.LOG_IN_FIRST),
        (Submitter(ANYWHERE, certificate="ef" * 32), ANN, replies.LOG_IN_FIRST),
        (Submitter(ANYWHERE, certificate="ab" * 32), ANN, replies.LOG_IN_FIRST),  # From elsewhere than its networks.
        (Submitter("198.51.100.7", certificate="ab" * 32), ANN, CERTIFICATE),
        (Submitter(ANYWHERE, login=LOGIN), ANN, LOGIN),
        (Submitter(ANYWHERE, login=LOGIN), Address("x", "mail.one.example"), LOGIN),
        (Submitter(ANYWHERE, login=LOGIN), Address("x", "two.example"), answers.FOREIGN_SENDER),
        (Submitter(ANYWHERE, login=LOGIN), Address("x", "far.example"), answers.FOREIGN_SENDER),
        (Submitter(OFFICE), ANN, NETWORK),
        (Submitter(OFFICE), Address("eve", "one.example"), answers.UNLISTED_SENDER),
        (Submitter(OFFICE), Address("x", "two.example"), answers.FOREIGN_SENDER),
        (Submitter(TRUSTED), ANN, None),
        (Submitter(TRUSTED), Address("x", "late.example"), answers.SUSPENDED),
        (Submitter(TRUSTED), Address("x", "gone.example"), answers.SERVICE_ENDED),
        (Submitter(TRUSTED), Address("x", "inbound.example"), answers.NO_OUTBOUND),
        (Submitter(TRUSTED), Address("x", "far.example"), answers.FOREIGN_SENDER),
    ],
)
def test_who_may_begin(submissions, submitter, sender, expected):
    begun = submissions.begin(submitter, sender)
    assert (begun if isinstance(begun, Reply) else begun.connector) == expected


def test_the_senders_policy_judges_and_its_filter_is_never_off(submissions):
    begun = submissions.begin(Submitter(ANYWHERE, login=LOGIN), ANN)
    policy = begun.policy
    assert (policy.domain, policy.is_filtered, policy.spares_postmaster) == ("one.example", True, False)


class TestAuthor:
    @pytest.fixture
    def ended(self, submissions):
        def end(content, submitter=FROM_OFFICE, sender=ANN):
            begun = submissions.begin(submitter, sender)
            assert isinstance(begun, Submission)
            return asyncio.run(submissions.end(begun, sender, submitter, content))

        return end

    @pytest.mark.parametrize("author", ["ann@one.example", "Ann <boss@ONE.example>", "x@mail.one.example"])
    def test_an_author_of_the_client_is_taken(self, ended, author):
        assert isinstance(ended(message(author=author)), Arrived)

    @pytest.mark.parametrize(
        ("author", "reply"),
        [
            ("eve@two.example", answers.FOREIGN_AUTHOR),
            ("eve@far.example", answers.FOREIGN_AUTHOR),
            ("ann@one.example, eve@far.example", answers.FOREIGN_AUTHOR),
            ("ann@one.example\r\nFrom: ann@one.example", answers.NO_AUTHOR),
            ("root", answers.NO_AUTHOR),
            ("", answers.NO_AUTHOR),
        ],
    )
    def test_another_one_is_refused_and_told_what_to_do(self, ended, author, reply):
        assert ended(message(author=author)) == reply

    @pytest.mark.parametrize("padding", ["X: y\r\n" * 2_000, f"X: {'y' * 262_144}\r\n"], ids=["fields", "octets"])
    def test_no_second_author_hides_behind_what_is_read(self, ended, padding):
        assert ended(message(f"{padding}From: eve@far.example")) == answers.HEADER_TOO_LONG

    @pytest.mark.parametrize("fields", [8, 1], ids=["ambiguous", "many"])
    @pytest.mark.parametrize("submitter", [FROM_OFFICE, Submitter(TRUSTED)])
    def test_a_message_full_of_authors_costs_few_look_ups(self, path, submitter, fields):
        looked = []

        class Counting(LmdbPolicies):
            def domain(self, name):
                looked.append(name)
                return super().domain(name)

        submissions = rules(path, Counting)
        froms = [", ".join(f"a@{n}-{m}.one.example" for m in range(400)) for n in range(fields)]
        content = message(author="\r\nFrom: ".join(froms))
        for sender in (ANN, None):
            begun = submissions.begin(submitter, sender)
            ended = asyncio.run(submissions.end(begun, sender, submitter, content))
            assert isinstance(ended, Reply) or (submitter.ip, sender) == (TRUSTED, None)
        assert len(looked) < 10

    def test_a_bounce_is_judged_by_its_authors_policy(self, ended):
        arrived = ended(message(author="MAILER-DAEMON@mail.one.example"), sender=None)
        assert arrived.submission.policy.domain == "one.example"
        assert (arrived.submission.account.client, arrived.submission.account.name) == ("one", "office")

    def test_the_providers_own_bounce_needs_no_client(self, ended):
        arrived = ended(message(author="noc@provider.example"), Submitter(TRUSTED), None)
        assert (arrived.submission.client, arrived.submission.account.name) == ("", f"[{TRUSTED}]")

    @pytest.mark.parametrize(
        ("domain", "reply"),
        [
            ("late", answers.SUSPENDED),
            ("gone", answers.SERVICE_ENDED),
            ("inbound", answers.NO_OUTBOUND),
        ],
    )
    def test_a_bounce_of_a_client_that_is_not_served_does_not_leave_by_the_providers_machines(
        self, ended, domain, reply
    ):
        assert ended(message(author=f"x@{domain}.example"), Submitter(TRUSTED), None) == reply


class TestToken:
    @pytest.fixture
    def ended(self, submissions):
        def end(*fields, sender=ANN, author="ann@one.example", ip=SHARED):
            begun = submissions.begin(Submitter(ip), sender)
            return asyncio.run(submissions.end(begun, sender, Submitter(ip), message(*fields, author=author)))

        return end

    def test_it_shows_whose_a_message_is_and_goes_no_further(self, ended):
        arrived = ended("X-Ecluse-Token: a token", "Subject: x")
        assert arrived.submission.connector == CLOUD
        assert arrived.content.slice(0, 1_000) == message("Subject: x").data
        assert arrived.content.size == message("Subject: x").size

    @pytest.mark.parametrize("field", ["Subject: x", "X-Ecluse-Token: another", "X-Ecluse-Token:"])
    def test_without_it_nobody_sends_from_a_shared_network(self, ended, field):
        assert ended(field) == answers.NO_TOKEN

    def test_a_token_lets_nobody_send_as_another_client(self, ended):
        two = Address("x", "two.example")
        assert ended("X-Ecluse-Token: a token", sender=two, author="x@two.example") == answers.NO_TOKEN

    def test_an_automatic_answer_is_its_authors(self, ended):
        arrived = ended("X-Ecluse-Token: a token", sender=None)
        assert (arrived.submission.client, arrived.submission.policy.domain) == ("one", "one.example")


class TestAccount:
    @pytest.mark.parametrize(
        ("submitter", "fields", "name"),
        [
            (Submitter(ANYWHERE, login=LOGIN), (), "printer@one.example"),
            (Submitter(OFFICE), (), "ann@one.example"),
            (Submitter(ANYWHERE, "cd" * 32), ("X-Authenticated-User: <Carol>",), "carol"),
            # In lower case it is three times as long; no name is longer than an address may be.
            (
                Submitter(ANYWHERE, "cd" * 32),
                ("X-Authenticated-User: " + "\u0390" * 320,),
                ("\u0390".casefold() * 320)[:320],
            ),
            (Submitter(ANYWHERE, "cd" * 32), (), "ann@one.example"),
            (Submitter(ANYWHERE, "cd" * 32), ("X-Authenticated-User: a\x07b",), "ann@one.example"),
        ],
    )
    def test_it_is_named_as_the_connector_says(self, submissions, submitter, fields, name):
        begun = submissions.begin(submitter, ANN)
        arrived = asyncio.run(submissions.end(begun, ANN, submitter, message(*fields)))
        assert arrived.submission.account.name == name
        assert b"X-Authenticated" not in arrived.content.slice(0, 1_000)


class TestNeighbours:
    """Several clients send through one server, and a client may write down a network that is not its own."""

    @pytest.fixture
    def squatted(self, tmp_path, submissions):
        """Client "two" has a hundred connectors for the office of "one", and one for the shared network."""
        squats = tuple(Connector("two", f"squat-{n}", networks=(f"{OFFICE}/32",)) for n in range(100))
        shared = Connector("two", "shared", networks=(f"{SHARED}/32",))
        policies = (Policy("one", "one.example", ROUTE), Policy("two", "two.example", ROUTE))
        connectors = (NETWORK, CLOUD, *squats, shared)
        publish(tmp_path / "squatted", PublishedPolicy(policies, (ANN,), (), connectors=connectors))
        return rules(tmp_path / "squatted")

    def sent(self, submissions, ip, sender, *fields, author="ann@one.example"):
        begun = submissions.begin(Submitter(ip), sender)
        return (
            begun
            if isinstance(begun, Reply)
            else asyncio.run(submissions.end(begun, sender, Submitter(ip), message(*fields, author=author)))
        )

    @pytest.mark.parametrize("sender", [ANN, None])
    def test_many_of_one_client_hide_none_of_another(self, squatted, sender):
        assert self.sent(squatted, OFFICE, sender).submission.connector == NETWORK

    @pytest.mark.parametrize("sender", [ANN, None])
    def test_where_one_client_needs_no_token_others_may_still_show_theirs(self, squatted, sender):
        assert self.sent(squatted, SHARED, sender, "X-Ecluse-Token: a token").submission.connector == CLOUD
        assert self.sent(squatted, SHARED, sender) == answers.NO_TOKEN

    def test_a_bounce_belongs_to_the_client_of_its_author(self, squatted):
        for author, client in (("root@one.example", "one"), ("root@two.example", "two")):
            assert self.sent(squatted, OFFICE, None, author=author).submission.account.client == client
        both = "root@one.example, root@two.example"
        assert self.sent(squatted, OFFICE, None, author=both) == answers.FOREIGN_AUTHOR

    def test_whose_a_bounce_is_stays_open_until_its_author_is_known(self, squatted):
        assert squatted.begin(Submitter(OFFICE), None).client == ""


def put(path, name, connector):
    body = None if connector is None else msgspec.msgpack.encode(connector)
    apply(path, Batch(1, (Publication(Kind.CONNECTOR, f"one/{name}", body),)))


class TestOpenSession:
    @pytest.mark.parametrize("sender", [ANN, None])
    @pytest.mark.parametrize("now", [None, replace(LOGIN, key=scram.make_key("another"))], ids=["removed", "renewed"])
    def test_a_login_that_is_no_longer_the_same_sends_nothing_more(self, path, submissions, now, sender):
        put(path, "printer", now)
        assert submissions.begin(Submitter(ANYWHERE, login=LOGIN), sender) == replies.LOG_IN_FIRST

    def test_one_that_changed_otherwise_counts_as_it_is_now(self, path, submissions):
        now = replace(LOGIN, account_from=AccountSource.ENVELOPE)
        put(path, "printer", now)
        assert submissions.begin(Submitter(ANYWHERE, login=LOGIN), ANN).connector == now


class TestPublished:
    def put(self, path, connector):
        put(path, connector.name if connector else "office", connector)

    def test_one_that_changes_is_found_by_its_new_proof_alone(self, path):
        connectors = LmdbConnectors(path)
        assert connectors.of_network(OFFICE) == (NETWORK,)
        self.put(path, replace(NETWORK, networks=("2001:db8::/48",)))
        assert connectors.of_network(OFFICE) == ()
        assert connectors.of_network("2001:db8::1")[0].name == "office"
        self.put(path, replace(NETWORK, networks=(), login="office@one.example"))
        assert connectors.of_network("2001:db8::1") == ()
        assert connectors.with_login("office@one.example").name == "office"

    def test_without_a_policy_nobody_is_told_that_he_is_unknown(self, tmp_path):
        """The store is made before its first policy is read to the end, and stays where that fails."""
        (tmp_path / "empty").mkdir()
        lmdb.open(str(tmp_path / "empty")).close()
        connectors = LmdbConnectors(tmp_path / "empty")
        for question in (
            lambda: connectors.with_login("printer@one.example"),
            lambda: connectors.with_certificate("ab" * 32),
            lambda: connectors.with_token(b"", "one"),
            lambda: connectors.of_network(OFFICE),
            lambda: connectors.is_shared(SHARED),
        ):
            with pytest.raises(Unavailable):
                question()

    def test_one_that_is_gone_is_found_by_nothing(self, path):
        self.put(path, None)
        assert LmdbConnectors(path).of_network(OFFICE) == ()
        assert LmdbConnectors(path).with_login("printer@one.example") == LOGIN

    def test_the_narrowest_network_comes_first(self, path):
        self.put(path, replace(NETWORK, name="desk", networks=("192.0.2.5/32",)))
        assert [one.name for one in LmdbConnectors(path).of_network(OFFICE, "one")] == ["desk", "office"]

    def test_networks_with_a_token_are_known_as_shared_and_prove_nothing(self, path):
        connectors = LmdbConnectors(path)
        assert connectors.is_shared(SHARED)
        assert not connectors.is_shared(OFFICE)
        assert connectors.of_network(SHARED) == ()
        assert connectors.of_network("198.51.100.7") == ()  # Those of a certificate.
