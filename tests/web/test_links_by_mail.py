"""Links by mail: the same answer for everybody, few for one address, and only to whom the mailbox belongs."""

from __future__ import annotations

import re

import pytest
from django.test import Client as Browser

from ecluse.control.accounts.mailed_links import links_asked_for
from ecluse.control.accounts.models import Membership, SignInLink, SignInRequest, User
from ecluse.control.accounts.roles import Role
from ecluse.web.sign_in.mailed_link import link_mail

PAGE = "/account/link"


@pytest.fixture
def visitor(cast):
    return Browser(headers={"accept-language": "en"})


def ask(browser, email, **more):
    return browser.post(PAGE, {"email": email}, **more)


def _said(page):
    """Without the token, which is another each time."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page.text)


def test_nobody_learns_whether_an_address_is_known(visitor):
    known, unknown = ask(visitor, "ursula@one.example"), ask(visitor, "nobody1@one.example")
    assert known.status_code == unknown.status_code == 200
    assert _said(known).replace("ursula", "nobody1") == _said(unknown)
    assert SignInRequest.objects.count() == 2
    assert not SignInLink.objects.exists()  # Made later, by the job: no delay tells either.
    assert [each.email for each in links_asked_for()] == ["ursula@one.example"]
    assert not SignInRequest.objects.exists()


def test_the_link_signs_in_once(visitor):
    ask(visitor, "Ursula@One.example")
    [link] = links_asked_for()
    mail = link_mail(link)
    assert mail.recipient == "ursula@one.example"
    address = re.search(r"http://testserver(/account/sign-in/\S+)", mail.text)[1]
    assert "signed in as ursula@one.example" in visitor.get(address).text
    assert visitor.post(address).status_code == 302
    assert visitor.get("/", follow=True).redirect_chain[-1][0].endswith("/mine/")
    assert Browser().post(address).status_code == 404


def test_who_reads_a_mailbox_is_let_in_as_its_user(visitor, cast):
    ask(visitor, "paul@one.example")
    [link] = links_asked_for()
    paul = User.objects.get(email="paul@one.example")
    assert (paul.name, paul.has_usable_password()) == ("Paul One", False)
    assert [(each.client, each.role) for each in Membership.objects.filter(user=paul)] == [(cast.one, Role.USER)]
    assert link.email == "paul@one.example"
    ask(visitor, "paul@one.example")
    assert len(links_asked_for()) == 1
    assert Membership.objects.filter(user=paul).count() == 1


@pytest.mark.parametrize(
    "email", ["op@provider.example", "rex@reseller.example", "nobody1@one.example", "x@new.one.example"]
)
def test_who_gets_none(visitor, email):
    """The provider's side signs in with more than a mailbox; others are nobody."""
    ask(visitor, email)
    assert links_asked_for() == []


def test_a_person_who_may_not_sign_in_gets_none(visitor):
    User.objects.filter(email="ursula@one.example").update(is_active=False)
    ask(visitor, "ursula@one.example")
    assert links_asked_for() == []


def test_nobodys_mailbox_is_filled(visitor):
    answers = {ask(visitor, "ursula@one.example").status_code for _ in range(6)}
    assert answers == {200}
    assert SignInRequest.objects.count() == 3


def test_one_visitor_asks_for_so_many_at_most(visitor):
    answers = [ask(visitor, f"a{n}@one.example").status_code for n in range(22)]
    assert (answers[19], answers[20]) == (200, 429)


def test_in_french(visitor):
    visitor.cookies["language"] = "fr"
    assert "envoyer un lien" in visitor.get(PAGE).text
    ask(visitor, "ursula@one.example")
    [link] = links_asked_for()
    assert link_mail(link).subject == "Votre lien de connexion"
