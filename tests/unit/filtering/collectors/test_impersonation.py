from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from ecluse.domain.content import MemoryContent
from ecluse.domain.history import DAY_S, Kind, Memory
from ecluse.domain.impersonation import ImpersonationFacts, NameOf, Theme
from ecluse.domain.person import Person, name_key
from ecluse.entrypoints.scan import NoLists
from ecluse.filtering.collect import ON_THE_SPOT_OCTETS, Served, Sources, Subject
from ecluse.filtering.collectors.impersonation import impersonation
from tests.cpu import cpu
from tests.unit.filtering.memories import Memories
from tests.unit.filtering.samples import ANN, POLICY, incoming

PEOPLE = {
    name_key("Ann Lee"): Person("Client", "ann lee", frozenset({"ann@client.example", "ann@home.example"})),
    name_key("Zoé Roy"): Person("Client", "roy zoe", frozenset({"zoe@client.example"}), is_executive=True),
}
NOW = incoming().received_at
OLD = Memory(NOW - 60 * DAY_S, NOW, 40.0, 0.0)


class People(NoLists):
    """A client with two domains, and two people whose names are known."""

    def person(self, client, key):
        return PEOPLE.get(key) if client == "Client" else None

    def domain(self, name):
        return replace(POLICY, domain=name) if name in {"client.example", "client-two.example"} else None


def subject(message, memories=None):
    sources = Sources(People(), None, "gateway.test", counters=memories)
    return Subject(incoming(message), (Served(ANN, POLICY),), sources)


def facts(author, *lines, text="Hello", memories=None):
    head = "\r\n".join((f"From: {author}", *lines))
    return impersonation(subject(f"{head}\r\n\r\n{text}\r\n".encode(), memories))


@pytest.mark.parametrize(
    ("author", "whose"),
    [
        ("Zoe Roy <zoe.roy@gmail.com>", NameOf.EXECUTIVE),
        ('"ROY, Zoé" <x@elsewhere.example>', NameOf.EXECUTIVE),
        ("=?utf-8?q?Zo=C3=A9_Roy?= <x@elsewhere.example>", NameOf.EXECUTIVE),
        ('"Zoe Roy (CEO)" <x@elsewhere.example>', NameOf.EXECUTIVE),
        ("Zoe Roy - Client Ltd <x@elsewhere.example>", NameOf.EXECUTIVE),
        ("Ann Lee <x@elsewhere.example>", NameOf.COLLEAGUE),
        ("Ann Lee <x@elsewhere.example>, Zoe Roy <y@elsewhere.example>", NameOf.EXECUTIVE),
        ("Ann Lee <ann@client.example>", NameOf.NOBODY),
        ("Ann Lee <ann@home.example>", NameOf.NOBODY),  # Her private address is listed.
        ("Zoe Roy <zoe@client-two.example>", NameOf.NOBODY),  # One of the client's own domains.
        ("Zoe Roy <zoe@mail.client.example>", NameOf.NOBODY),
        ("Zoe Roy via Documents <share@service.example>", NameOf.NOBODY),
        ("Zoe <zoe@elsewhere.example>", NameOf.NOBODY),
        ("Eve Roy <eve@elsewhere.example>", NameOf.NOBODY),
        ("zoe@elsewhere.example", NameOf.NOBODY),
    ],
)
def test_a_name_of_the_client_is_known_in_every_spelling(author, whose):
    assert facts(author).name_of is whose


@pytest.mark.parametrize(
    ("author", "domain", "is_ours"),
    [
        ('"ann@client.example" <x@elsewhere.example>', "client.example", True),
        ('"Bank <info@mail.bank.example>" <x@elsewhere.example>', "bank.example", False),
        ('"x@sub.elsewhere.example" <x@elsewhere.example>', "", False),
        ("Ann <x@elsewhere.example>", "", False),
    ],
)
def test_an_address_in_the_display_name_is_told_by_its_domain(author, domain, is_ours):
    found = facts(author)
    assert (found.domain_in_name, found.is_ours_in_name) == (domain, is_ours)


@pytest.mark.parametrize(
    ("author", "reply", "domain", "is_free"),
    [
        ("a@one.example", "a@one.example", "", False),
        ("a@one.example", "b@mail.one.example", "", False),
        ("a@one.example", "Ann <b@gmail.com>", "gmail.com", True),
        ("a@gmail.com", "b@hotmail.fr", "hotmail.fr", False),
        ("a@one.example", "b@two.example", "two.example", False),
        ("a@one.example", "a@one.example, b@two.example", "two.example", False),
        ("a@one.example", "", "", False),
    ],
)
def test_answers_that_go_elsewhere_are_told_by_their_domain(author, reply, domain, is_free):
    found = facts(author, f"Reply-To: {reply}")
    assert (found.reply_domain, found.is_reply_free) == (domain, is_free)


def test_that_domain_is_new_where_a_memory_knows_nothing_of_it():
    memories = Memories()
    assert facts("a@one.example", "Reply-To: b@two.example", memories=memories).is_reply_new
    memories.kept[Kind.SENDER_DOMAIN, "two.example"] = OLD
    assert not facts("a@one.example", "Reply-To: b@two.example", memories=memories).is_reply_new
    assert not facts("a@one.example", "Reply-To: b@two.example").is_reply_new


@pytest.mark.parametrize(
    ("author", "is_ours", "is_recipient"),
    [
        ("Ann <ANN@Client.example>", True, True),
        ("zoe@client-two.example", True, False),
        ("x@sub.client.example", True, False),
        ("ann@elsewhere.example", False, False),
    ],
)
def test_the_clients_own_domains_and_recipients_are_known(author, is_ours, is_recipient):
    found = facts(author)
    assert (found.is_author_ours, found.is_author_recipient) == (is_ours, is_recipient)


@pytest.mark.parametrize(
    "domain", ["c1ient.example", "cllent.example", "clientt.example", "cilent.example", "client-pay.example"]
)
def test_a_domain_that_is_taken_for_the_clients_own_is_known(domain):
    found = facts(f"x@{domain}")
    assert (found.imitated_domain, found.is_imitated_ours) == ("client.example", True)


def test_a_domain_that_is_taken_for_one_long_known_is_known_unless_it_is_as_old():
    memories = Memories()
    memories.kept[Kind.SENDER_DOMAIN, "supplier.example"] = OLD
    assert facts("x@suppller.example", memories=memories).imitated_domain == "supplier.example"
    assert facts("x@supplier.example", memories=memories).imitated_domain == ""
    memories.kept[Kind.SENDER_DOMAIN, "suppller.example"] = OLD
    assert facts("x@suppller.example", memories=memories).imitated_domain == ""


def test_the_answers_domain_is_looked_at_too():
    assert facts("x@one.example", "Reply-To: x@c1ient.example").imitated_domain == "client.example"


def test_subject_and_text_tell_the_themes():
    found = facts("x@one.example", "Subject: =?utf-8?q?Virement_urgent_=C3=A0_faire?=", text="Faire un virement.")
    assert found.themes == (Theme.PAYMENT, Theme.URGENCY)


def test_no_fact_names_a_person_or_quotes_the_message():
    found = facts(
        '"Zoe Roy zoe@client.example" <swindler@gmail.com>', "Reply-To: hidden@proton.me", text="gift card asap"
    )
    text = str(asdict(found)).lower()
    assert not [word for word in ("zoe", "roy", "swindler", "hidden", "asap") if word in text]


async def test_a_large_message_is_waited_for():
    message = b"From: Zoe Roy <x@gmail.com>\r\n\r\ngift cards, urgent\r\n" + b"x" * ON_THE_SPOT_OCTETS
    assert await impersonation(subject(message)) == facts("Zoe Roy <x@gmail.com>", text="gift cards, urgent")


@pytest.mark.parametrize("message", [b"", b"\r\n", b"From:\r\n\r\n", b"From: \xff\xfe <@>\r\n\r\n"])
def test_a_message_without_an_author_pretends_nothing(message):
    assert impersonation(subject(message)) == ImpersonationFacts()


@pytest.mark.parametrize(
    "name", [b"a" + b" " * 15_000 + b"b", b"a@" * 8_000, b"a-" * 8_000, b"(" * 16_000, b"a.b@" + b"c." * 8_000]
)
def test_a_hostile_name_takes_no_long_time(name):
    about = subject(b'From: "' + name + b'" <x@one.example>\r\nReply-To: "' + name + b'" <y@two.example>\r\n\r\n')
    assert isinstance(about.incoming.content, MemoryContent)
    with cpu() as spent:
        impersonation(about)
    assert spent.seconds < 0.5


@pytest.mark.parametrize(
    ("author", "brand", "imitated"),
    [
        ("PayPal <service@evil.example>", "PayPal", ""),
        ("PayPal <service@paypal.com>", "", ""),
        ("PayPal <service@client.example>", "", ""),
        ("Ann via LinkedIn <ann@evil.example>", "", ""),
        ("Ann <ann@paypa1.com>", "", "PayPal"),
        ("Ann <ann@p\u0430yp\u0430l.com>", "", "PayPal"),
    ],
)
def test_protected_names_are_known_in_name_and_domain(author, brand, imitated):
    found = facts(author)
    assert (found.brand_in_name, found.imitated_brand) == (brand, imitated)
