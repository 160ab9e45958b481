from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.address import Address
from ecluse.domain.envelope import Envelope
from ecluse.domain.mass import MassFacts, MassKind
from ecluse.filtering.collect import ON_THE_SPOT_OCTETS, Served, Sources, Subject
from ecluse.filtering.collectors.mass import mass
from ecluse.filtering.mass_services import service_of
from tests.cpu import cpu
from tests.unit.filtering.samples import ANN, POLICY, incoming

NONE, NEWSLETTER, DISCUSSION = MassKind.NONE, MassKind.NEWSLETTER, MassKind.DISCUSSION
UNSUBSCRIBE = b"List-Unsubscribe: <mailto:out@a.example>, <https://go.letters.example/u?id=42>\r\n"
ONE_CLICK = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
SIGNATURE = (
    b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=letters.example; s=k; h=From:%s; "
    b"bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=QUJDREVGR0hJSktM\r\n"
)


def subject(head, body=b"Hello", sender="news@a.example"):
    about = incoming(b"From: a@a.example\r\n" + head + b"\r\n" + body + b"\r\n")
    about = replace(about, envelope=Envelope(Address(*sender.split("@")), (ANN,)))
    return Subject(about, (Served(ANN, POLICY),), Sources(None, None, "gateway.test"))


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"", NONE),
        (b"Feedback-ID: 1:2:3\r\n", NONE),
        (b"List-Unsubscribe: <mailto:a@b.example>\r\n", NEWSLETTER),
        (b"List-Id: News <news.a.example>\r\n", NEWSLETTER),
        (b"List-Id: News <news.a.example>\r\nList-Post: NO (announcements)\r\n", NEWSLETTER),
        (b"Precedence: Bulk\r\n", NEWSLETTER),
        (b"Precedence: junk\r\nAuto-Submitted: no\r\n", NEWSLETTER),
        (b"Precedence: bulk\r\nAuto-Submitted: auto-replied\r\n", NONE),
        (b"Precedence: junk\r\nX-Autoreply: yes\r\n", NONE),
        (b"List-Id: <l.a.example>\r\nList-Post: <mailto:l@a.example>\r\n" + UNSUBSCRIBE, DISCUSSION),
        (b"List-Id: <l.a.example>\r\nIn-Reply-To: <1@b.example>\r\n", DISCUSSION),
        (b"List-Id: <l.a.example>\r\nPrecedence: bulk\r\nX-Mailing-List: l@a.example\r\n", DISCUSSION),
        (b"X-Mailman-Version: 2.1\r\nList-Post: NO\r\nList-Id: <l.a.example>\r\n", NEWSLETTER),
        (b"Precedence: list\r\nReferences: <1@b.example>\r\n", DISCUSSION),
    ],
)
def test_newsletters_and_mailing_lists_are_told_apart(head, kind):
    assert mass(subject(head)).kind is kind


@pytest.mark.parametrize(
    ("head", "sender", "service"),
    [
        (b"X-MC-User: 1\r\n", "a@a.example", "mailchimp"),
        (b"X-SG-EID: x\r\n", "a@a.example", "sendgrid"),
        (b"", "bounce@bounces.mcsv.net", "mailchimp"),
        (b"", "01020@eu-west-1.amazonses.com", "amazon-ses"),
        (b"DKIM-Signature: v=1; d=hubspotemail.net; s=k\r\n", "a@a.example", "hubspot"),
        (b"X-Mailer: X-MC-\r\n", "a@a.example", ""),
    ],
)
def test_a_service_is_known_by_its_fields_its_bounces_and_its_signature(head, sender, service):
    assert mass(subject(head, sender=sender)).service == service


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"To unsubscribe click here", NEWSLETTER),
        ("Se d\u00e9sinscrire de cette lettre".encode(), NEWSLETTER),
        (b"Your password was changed", NONE),
        (b"unsubscribe" + b" x" * 20_000, NONE),  # Not at the foot.
    ],
)
def test_mail_of_a_service_is_mass_mail_where_it_shows_a_way_out(text, kind):
    assert mass(subject(b"X-Mailgun-Sid: 1\r\n", text)).kind is kind
    assert mass(subject(b"X-Mailgun-Sid: 1\r\nIn-Reply-To: <1@b.example>\r\n", text)).kind is NONE
    assert mass(subject(b"", text)).kind is NONE


async def test_a_large_message_is_waited_for():
    large = subject(b"X-Mailgun-Sid: 1\r\n", b"x" * ON_THE_SPOT_OCTETS)
    assert await mass(large) == MassFacts(NONE, "mailgun")


@pytest.mark.parametrize(
    ("head", "domain", "signatures"),
    [
        (UNSUBSCRIBE + ONE_CLICK + SIGNATURE % b"List-Unsubscribe:List-Unsubscribe-Post", "letters.example", ("QUJDREVG",)),
        (UNSUBSCRIBE + ONE_CLICK + SIGNATURE % b"List-Unsubscribe", "letters.example", ()),
        (UNSUBSCRIBE + SIGNATURE % b"List-Unsubscribe:List-Unsubscribe-Post", "letters.example", ()),
        (UNSUBSCRIBE + ONE_CLICK, "letters.example", ()),
        (b"List-Unsubscribe: <http://a.example/>\r\n" + ONE_CLICK + SIGNATURE % b"List-Unsubscribe:List-Unsubscribe-Post", "", ()),
    ],
)  # fmt: skip
def test_one_click_needs_https_and_a_signature_over_both_fields(head, domain, signatures):
    facts = mass(subject(head))
    assert (facts.unsubscribe_domain, facts.one_click_signatures) == (domain, signatures)


def test_the_url_of_unsubscribing_is_no_fact():
    assert "42" not in str(mass(subject(UNSUBSCRIBE + ONE_CLICK)))


def test_a_field_that_nobody_knows_shows_no_service():
    assert service_of([b"x-unknown", b"subject", b"x-"], ["", "a.example"]) == ""


@pytest.mark.parametrize("value", [b"<https://" + b"a@" * 50_000, b"<" * 100_000, b"https://" * 10_000, b" " * 100_000])
def test_a_hostile_field_takes_no_long_time(value):
    about = subject(b"List-Unsubscribe: " + value + b"\r\nList-Unsubscribe-Post: " + value + b"\r\n")
    with cpu() as spent:
        mass(about)
    assert spent.seconds < 0.5
