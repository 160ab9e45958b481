"""What every store of published policy promises."""

from collections.abc import Callable

import pytest

from ecluse.domain.address import Address
from ecluse.domain.evidence import ListHit
from ecluse.domain.mass import MassAction
from ecluse.domain.person import Person
from ecluse.domain.policy import Policy, Route, ServiceState, Tls, Unscannable
from ecluse.domain.published import ListEntry, PublishedPolicy
from ecluse.ports.policies import Policies
from ecluse.wire.notations import list_pattern

ONE = Policy(
    client="One",
    domain="one.example",
    routes=(Route("mx.one.example", 2525, 5, Tls.VERIFY), Route("2001:db8::1")),
    state=ServiceState.SUSPENDED,
    state_since=1_764_000_000.5,
    is_filtered=False,
    refuse_at=7.5,
    verifies_addresses=True,
    greylists=True,
    mass_mail=MassAction.TAG,
    mass_mail_of={"ann@one.example": MassAction.DIGEST},
    greylist_at=3.5,
    greylists_not=frozenset({"ann@one.example"}),
    weights={"GTUBE": 0.0, "NO_DATE": 2.5},
    banned_suffixes=frozenset({"exe", "bat"}),
    unscannable=Unscannable.HOLD,
    allows_bare_newlines_from=("192.0.2.0/24",),
    buffers_rcpt_4xx=True,
    log_days=100,
    report_addresses=frozenset({"dmarc@one.example"}),
    trusted_sealers=frozenset({"list.example"}),
)
TWO = Policy(client="Two", domain="two.example", routes=(Route("192.0.2.1"),), accepts_any_address=True)
ANN = Address("Ann", "one.example")
BOB = Address("bob", "one.example")
SENDER = Address("Friend", "mail.a.example")


def entry(text: str, kind: str = "allow", *, scope: str = "client", owner: str = "One") -> ListEntry:
    return ListEntry(scope, owner, kind, text, list_pattern(text))


def published(*entries: ListEntry) -> PublishedPolicy:
    return PublishedPolicy((ONE, TWO), (ANN, BOB), entries)


Serve = Callable[[PublishedPolicy], Policies]


class PoliciesContract:
    """An adapter joins by one subclass that gives `serve`: publish this, return who reads it."""

    def test_a_served_domain_has_exactly_the_policy_that_was_published(self, serve: Serve):
        policies = serve(published())
        assert policies.domain("one.example") == ONE
        assert policies.domain("two.example") == TWO

    @pytest.mark.parametrize(
        "name", ["three.example", "", "example", "one.example.", "a" * 600, "one.example\0", "\udcff"]
    )
    def test_any_other_domain_is_not_ours(self, serve: Serve, name):
        assert serve(published()).domain(name) is None

    def test_a_listed_address_exists_whatever_the_case_of_its_local_part(self, serve: Serve):
        policies = serve(published())
        assert policies.has_address(Address("ann", "one.example"))
        assert policies.has_address(Address("ANN", "one.example"))

    @pytest.mark.parametrize(
        "address",
        [Address("eve", "one.example"), Address("ann", "two.example"), Address("", "one.example"), Address("ann\0", "one.example"), Address("\udcff", "one.example")],
    )  # fmt: skip
    def test_any_other_address_does_not_exist(self, serve: Serve, address):
        assert not serve(published()).has_address(address)

    def test_names_of_any_length_are_told_apart(self, serve: Serve):
        long = [Address("x" * 600 + end, "one.example") for end in "ab"]
        policies = serve(PublishedPolicy((ONE,), (long[0],), ()))
        assert [policies.has_address(address) for address in long] == [True, False]

    def test_a_person_is_found_by_client_and_name(self, serve: Serve):
        ann = Person("One", "ann lee", frozenset({"ann@one.example", "ann@home.example"}), is_executive=True)
        policies = serve(PublishedPolicy((ONE,), (), (), (ann,)))
        assert policies.person("One", "ann lee") == ann
        assert policies.person("Two", "ann lee") is None
        assert policies.person("One", "ann\0lee\udcff") is None

    @pytest.mark.parametrize(
        ("text", "fits"),
        [
            ("friend@mail.a.example", True),
            ("FRIEND@Mail.A.example", True),
            ("other@mail.a.example", False),
            ("mail.a.example", True),
            ("a.example", False),
            ("*.a.example", True),
            ("*.example", True),
            ("*.mail.a.example", False),
            ("192.0.2.7", True),
            ("192.0.2.8", False),
            ("192.0.2.0/24", True),
            ("192.0.0.0/12", True),
            ("0.0.0.0/0", True),
            ("198.51.100.0/24", False),
            ("::/0", False),
        ],
    )
    def test_an_entry_fits_the_sender_or_its_server(self, serve: Serve, text, fits):
        hits = serve(published(entry(text))).list_hits(ONE, ANN, SENDER, "192.0.2.7")
        assert hits == ((ListHit("client", "allow", text),) if fits else ())

    @pytest.mark.parametrize("text", ["2001:db8::7", "2001:db8::/32", "2001:db8::/127", "::/0"])
    def test_ipv6_servers_are_looked_for_too(self, serve: Serve, text):
        policies = serve(published(entry(text, "block")))
        expected = () if text == "2001:db8::/127" else (ListHit("client", "block", text),)
        assert policies.list_hits(ONE, ANN, None, "2001:DB8:0::7") == expected

    def test_ipv4_inside_ipv6_is_ipv4(self, serve: Serve):
        policies = serve(published(entry("192.0.2.0/24")))
        assert policies.list_hits(ONE, ANN, None, "::ffff:192.0.2.7")

    @pytest.mark.parametrize("ip", ["", "unknown", "192.0.2", "192.0.2.7/32", "\udcff", "1\0"])
    def test_a_server_without_an_ip_is_on_no_list(self, serve: Serve, ip):
        assert serve(published(entry("0.0.0.0/0"), entry("::/0"))).list_hits(ONE, ANN, None, ip) == ()

    def test_the_null_sender_is_on_no_list_but_its_server_may_be(self, serve: Serve):
        policies = serve(published(entry("a.example"), entry("192.0.2.7")))
        assert policies.list_hits(ONE, ANN, None, "192.0.2.7") == (ListHit("client", "allow", "192.0.2.7"),)

    def test_the_recipients_own_entries_come_before_the_clients_and_the_narrowest_first(self, serve: Serve):
        everything = (
            "192.0.2.0/24",
            "192.0.2.7",
            "*.example",
            "*.a.example",
            "mail.a.example",
            "friend@mail.a.example",
        )
        policies = serve(
            published(
                *(entry(text) for text in everything),
                *(entry(text, "block", scope="user", owner=ANN.key) for text in everything),
            )
        )
        hits = policies.list_hits(ONE, ANN, SENDER, "192.0.2.7")
        narrowest_first = [everything[index] for index in (5, 4, 3, 2, 1, 0)]
        assert hits == (
            *(ListHit("user", "block", text, ANN.key) for text in narrowest_first),
            *(ListHit("client", "allow", text) for text in narrowest_first),
        )

    def test_lists_of_others_do_not_count(self, serve: Serve):
        policies = serve(
            published(entry("mail.a.example", owner="Two"), entry("mail.a.example", scope="user", owner=BOB.key))
        )
        assert policies.list_hits(ONE, ANN, SENDER, "192.0.2.7") == ()
        assert policies.list_hits(ONE, BOB, SENDER, "192.0.2.7")

    def test_a_client_named_like_a_user_has_lists_of_its_own(self, serve: Serve):
        policies = serve(published(entry("mail.a.example", owner=ANN.key)))
        assert policies.list_hits(ONE, ANN, SENDER, "") == ()

    def test_a_pattern_on_both_lists_is_told_twice(self, serve: Serve):
        policies = serve(published(entry("mail.a.example", "allow"), entry("Mail.a.example", "block")))
        hits = policies.list_hits(ONE, ANN, SENDER, "")
        assert {(hit.kind, hit.entry) for hit in hits} == {("allow", "mail.a.example"), ("block", "Mail.a.example")}

    @pytest.mark.parametrize("domain", ["[192.0.2.7]", "", ".", "..", "a." * 5_000, "x" * 100_000, "\udcff.example"])
    def test_any_sender_domain_can_be_looked_for(self, serve: Serve, domain):
        policies = serve(published(entry("a.example")))
        assert policies.list_hits(ONE, ANN, Address("x", domain), "") == ()
