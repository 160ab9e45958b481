"""A client's own identity provider lets in its own people, at addresses of its own domains, and nobody else (4-1, 7-1)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from ipaddress import ip_network

import pytest
import requests
from django.test import Client as Browser
from django.urls import reverse
from django_scopes import scope, scopes_disabled
from structlog.testing import capture_logs

from ecluse.adapters.http import bounded_session
from ecluse.adapters.http.bounded_session import BoundedSession, is_permitted
from ecluse.control.accounts import identity
from ecluse.control.accounts.models import Identity, IdentityProvider, Membership
from ecluse.control.accounts.roles import PERMISSIONS, Permission, Role
from ecluse.control.accounts.services import demand_second_factor, dismiss
from ecluse.control.audit.models import Entry
from ecluse.control.keystore.master import make_master_key
from ecluse.control.tenants import services as tenants
from ecluse.control.tenants.models import Domain
from ecluse.web.backends import backends, hand_over
from tests.control.cast import ADMIN, OPERATOR, ROUTE
from tests.dripping import dripping
from tests.web.house import person
from tests.web.identity_provider import APPLICATION, SECRET, running

FORM = {"name": "Keys", "application": APPLICATION, "secret": SECRET}
LOOPBACK = (ip_network("127.0.0.0/8"),)
ANN = {"sub": "ann-1", "email": "ann@one.example", "email_verified": True, "name": "Ann"}


@pytest.fixture(scope="module")
def at_home(tmp_path_factory):
    with running(tmp_path_factory.mktemp("provider")) as provider:
        yield provider


@pytest.fixture
def provider(cast, at_home, tmp_path, settings):
    """The provider's own side; we may reach it, and One has set it up."""
    make_master_key(tmp_path / "master.key")
    settings.ECLUSE_MASTER_KEY = str(tmp_path / "master.key")
    hand_over(replace(backends(), identity_session=partial(BoundedSession, LOOPBACK, at_home.certificate)))
    at_home.person, at_home.told_elsewhere, at_home.discovery = dict(ANN), {}, {}
    return at_home


@pytest.fixture
def ours(cast, provider):
    return set_up(cast.one, provider)


def set_up(client, provider):
    with scope(client=client):
        return identity.set_provider(
            client, name="Keys of One", issuer=provider.issuer, application=APPLICATION, secret=SECRET, by=OPERATOR
        )


def begin(browser, ours):
    """Where our page leads, and then where the provider sends the browser back to."""
    away = browser.get(reverse("openid_connect_login", args=[ours.slug]))
    assert away.status_code == 302, away.text
    return away.headers["Location"]


def sign_in(browser, ours, provider):
    back = requests.get(
        begin(browser, ours), verify=str(provider.certificate), allow_redirects=False, timeout=20
    ).headers["Location"]
    assert back.startswith("http://testserver/account/organisation/")
    return browser.get(back.removeprefix("http://testserver"))


def is_in(browser):
    return browser.get(reverse("sessions")).status_code == 200


def refusals():
    return list(Entry.objects.filter(action="session.refused").values_list("client_id", "after"))


def test_a_member_signs_in_and_it_is_recorded(cast, provider, ours):
    browser = Browser()
    answer = sign_in(browser, ours, provider)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert is_in(browser)
    assert browser.get("/", follow=True).redirect_chain[-1][0] == reverse("dashboard", args=[cast.one.pk])
    actions = list(
        Entry.objects.filter(actor_name="ann@one.example", client_id=cast.one.pk).values_list("action", flat=True)
    )
    assert actions == ["identity.linked", "session.started"]
    assert sign_in(Browser(), ours, provider).status_code == 302  # And again.
    with scope(client=cast.one):
        assert list(Identity.objects.values_list("subject", flat=True)) == ["ann-1"]


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"email_verified": False}, "address-not-verified"),
        ({"email_verified": None}, "address-not-verified"),
        ({"email": "sam@two.example"}, "domain-not-the-clients"),
        ({"email": "op@provider.example"}, "domain-not-the-clients"),
        ({"email": "ann@new.one.example"}, "domain-not-the-clients"),  # A claim, not proven.
        ({"email": "ann@one.example.two.example"}, "domain-not-the-clients"),
        ({"email": ""}, "domain-not-the-clients"),
        ({"email": "nobody@one.example"}, "not-a-member"),
    ],
)
def test_whom_the_client_cannot_vouch_for_is_not_let_in(cast, provider, ours, claims, reason):
    provider.person |= claims
    browser = Browser()
    answer = sign_in(browser, ours, provider)
    assert answer.status_code == 403
    assert not is_in(browser)
    assert refusals() == [(cast.one.pk, {"email": provider.person["email"], "reason": reason})]


@pytest.mark.parametrize(
    ("owns", "elsewhere", "status"),
    [
        (True, {}, 302),
        ("1", {}, 302),
        (False, {}, 403),
        ("0", {}, 403),
        (None, {"xms_edov": True}, 403),  # Its word is the token's.
        (True, {"email": "op@one.example"}, 403),  # About another address.
        (True, {"email": "sam@two.example"}, 403),
    ],
)
def test_entra_s_word_that_it_owns_the_domain_counts_for_the_address_in_the_token(
    cast, provider, ours, owns, elsewhere, status
):
    provider.person |= {"email_verified": None, "xms_edov": owns}
    provider.told_elsewhere = {"xms_edov": None, **elsewhere}
    assert sign_in(Browser(), ours, provider).status_code == status


def test_the_provider_of_one_client_lets_in_nobody_of_another(cast, provider, ours):
    """Not even at an address of the first client's own domain, and not where he belongs to both."""
    carl = person("carl@one.example", cast.two, Role.OWNER)
    provider.person |= {"sub": "carl-1", "email": carl.email}
    browser = Browser()
    assert sign_in(browser, ours, provider).status_code == 403
    Membership.objects.create(user=carl, client=cast.one, role=Role.HELP_DESK)
    assert sign_in(browser, ours, provider).status_code == 403
    assert not is_in(browser)
    assert [after["reason"] for _, after in refusals()] == ["not-a-member", "member-elsewhere"]


def test_it_lets_in_none_of_the_providers_people(cast, provider, ours):
    """Whoever runs it could become one of those who reach every client."""
    pat = person("pat@one.example", cast.one, Role.ADMINISTRATOR)
    Membership.objects.create(user=pat, client=None, role=Role.READER)
    provider.person |= {"sub": "pat-1", "email": pat.email}
    assert sign_in(Browser(), ours, provider).status_code == 403
    assert refusals()[0][1]["reason"] == "member-elsewhere"


def test_one_clients_provider_does_not_answer_for_anothers(cast, provider, ours):
    """An answer that was meant for One's address opens nothing at Two's, though the same server gave it."""
    theirs = set_up(cast.two, provider)
    browser = Browser()
    back = requests.get(begin(browser, ours), verify=str(provider.certificate), allow_redirects=False, timeout=20)
    swapped = back.headers["Location"].removeprefix("http://testserver").replace(ours.slug, theirs.slug)
    assert browser.get(swapped).status_code == 403
    assert not is_in(browser)


def test_an_address_that_was_given_to_somebody_else_does_not_let_that_one_in(cast, provider, ours):
    sign_in(Browser(), ours, provider)
    provider.person["sub"] = "the-next-ann"
    browser = Browser()
    assert sign_in(browser, ours, provider).status_code == 403
    provider.person |= {"sub": "ann-1", "email": "olive@one.example"}
    assert sign_in(browser, ours, provider).status_code == 403
    assert not is_in(browser)
    assert {after["reason"] for _, after in refusals()} == {"another-subject"}


def test_a_domain_that_is_no_longer_the_clients_lets_nobody_in(cast, provider, ours):
    sign_in(Browser(), ours, provider)
    with scope(client=cast.one):
        tenants.remove_domain(Domain.objects.get(name="one.example"), by=OPERATOR)
    with scope(client=cast.two):
        tenants.add_domain(cast.two, "one.example", [ROUTE], by=OPERATOR)
    assert sign_in(Browser(), ours, provider).status_code == 403


def test_who_is_dismissed_is_not_let_in(cast, provider, ours):
    sign_in(Browser(), ours, provider)
    membership = Membership.objects.get(user=cast.people[Role.ADMINISTRATOR])
    dismiss(membership, by=OPERATOR)
    assert sign_in(Browser(), ours, provider).status_code == 403
    provider.person["sub"] = "another-ann"
    Membership.objects.create(user=membership.user, client=cast.one, role=Role.USER)
    assert sign_in(Browser(), ours, provider).status_code == 302  # Nothing of the first one is left.


def test_token_and_userinfo_must_speak_of_the_same_person(cast, provider, ours):
    provider.told_elsewhere = {"sub": "olive-1", "email": "olive@one.example"}
    browser = Browser()
    assert sign_in(browser, ours, provider).status_code == 403
    assert not is_in(browser)


def test_another_browser_cannot_finish_what_one_has_begun(cast, provider, ours):
    """Nobody is signed in by a link that somebody else has prepared."""
    back = requests.get(begin(Browser(), ours), verify=str(provider.certificate), allow_redirects=False, timeout=20)
    browser = Browser()
    assert browser.get(back.headers["Location"].removeprefix("http://testserver")).status_code == 403
    assert not is_in(browser)


def test_a_client_that_demands_a_second_factor_demands_it_here_too(cast, provider, ours):
    demand_second_factor(cast.one, demands=True, by=ADMIN)
    browser = Browser()
    sign_in(browser, ours, provider)
    assert browser.get(reverse("dashboard", args=[cast.one.pk])).headers["Location"] == reverse("second_factor_needed")


@pytest.mark.parametrize(
    "discovery",
    [
        {"token_endpoint": "https://127.0.0.1:1/"},
        {"token_endpoint": ["no", "address"]},
        {"token_endpoint": "http://127.0.0.1/"},
        {"userinfo_endpoint": "file:///etc/passwd"},
        {"issuer": "https://somebody-else.example"},
    ],
)
def test_a_provider_that_makes_no_sense_is_no_fault_of_ours(cast, provider, ours, discovery):
    provider.discovery = discovery
    browser = Browser()
    with capture_logs() as logs:
        assert sign_in(browser, ours, provider).status_code == 403
    assert [(each["event"], each["provider"]) for each in logs] == [("identity provider failed", ours.slug)]
    assert not is_in(browser)


def test_a_provider_that_is_away_is_no_fault_of_ours(cast, provider, ours):
    with scope(client=cast.one):
        IdentityProvider.objects.update(issuer="https://127.0.0.1:1")
    with capture_logs() as logs:
        assert Browser().get(reverse("openid_connect_login", args=[ours.slug])).status_code == 403
    assert [(each["event"], each["kind"]) for each in logs] == [("identity provider failed", "ConnectionError")]


def test_a_provider_without_a_page_to_sign_in_at_lets_nobody_in(cast, provider, ours):
    provider.discovery = {"authorization_endpoint": None}
    browser = Browser()
    assert not begin(browser, ours).startswith("http")
    assert not is_in(browser)


def test_an_address_of_no_provider_is_nothing(cast, provider):
    for name in ("openid_connect_login", "openid_connect_callback"):
        assert Browser().get(reverse(name, args=["no-such-provider"])).status_code == 404


class TestSettingItUp:
    def test_an_owner_does_and_it_is_recorded_without_the_secret(self, cast, provider):
        browser = cast.browser(Role.OWNER)
        here = reverse("identity_provider", args=[cast.one.pk])
        assert browser.post(here, {**FORM, "issuer": provider.issuer}).status_code == 302
        page = browser.get(here)
        assert "/account/organisation/" in page.text
        assert SECRET not in page.text
        entry = Entry.objects.get(action="identity-provider.set")
        assert (entry.client_id, entry.after["issuer"]) == (cast.one.pk, provider.issuer)
        assert SECRET not in str(entry.after)
        with scope(client=cast.one):
            made = IdentityProvider.objects.get()
        assert SECRET.encode() not in bytes(made.secret)
        assert sign_in(Browser(), made, provider).status_code == 302

    def test_nobody_else_may(self, cast):
        """Whoever names the provider can come as anybody: the provider's people would see content (14-2)."""
        assert {role for role in Role if Permission.CHANGE_SIGN_IN in PERMISSIONS[role]} == {Role.OWNER}

    @pytest.mark.parametrize(
        "issuer", ["http://id.example", "https://", "javascript:1", "https://a@b.example", "https://x?y"]
    )
    def test_an_address_that_is_none_is_not_taken(self, cast, provider, issuer):
        here = reverse("identity_provider", args=[cast.one.pk])
        assert cast.browser(Role.OWNER).post(here, {**FORM, "issuer": issuer}).status_code == 200
        with scopes_disabled():
            assert not IdentityProvider.objects.exists()

    def test_at_another_issuer_nobody_is_known_and_the_secret_is_asked_for_again(self, cast, provider, ours):
        sign_in(Browser(), ours, provider)
        here = reverse("identity_provider", args=[cast.one.pk])
        browser = cast.browser(Role.OWNER)
        moved = {**FORM, "issuer": "https://id.one.example"}
        assert browser.post(here, {**moved, "secret": ""}).status_code == 200
        assert browser.post(here, moved).status_code == 302
        with scope(client=cast.one):
            assert IdentityProvider.objects.get().slug != ours.slug
            assert not Identity.objects.exists()

    def test_a_secret_is_kept_where_none_is_given(self, cast, provider, ours):
        here = reverse("identity_provider", args=[cast.one.pk])
        renamed = {"name": "Renamed", "application": APPLICATION, "secret": "", "issuer": provider.issuer}
        assert cast.browser(Role.OWNER).post(here, renamed).status_code == 302
        assert sign_in(Browser(), ours, provider).status_code == 302

    def test_what_is_removed_lets_nobody_in(self, cast, provider, ours):
        cast.browser(Role.OWNER).post(reverse("remove_identity_provider", args=[cast.one.pk]))
        assert Browser().get(reverse("openid_connect_login", args=[ours.slug])).status_code == 404
        assert Entry.objects.filter(action="identity-provider.removed", client_id=cast.one.pk).count() == 1


class TestTheSession:
    def test_it_asks_nobody_in_our_own_network(self, at_home):
        with BoundedSession((), at_home.certificate) as session, pytest.raises(requests.RequestException):
            session.get(f"{at_home.issuer}/.well-known/openid-configuration")

    @pytest.mark.parametrize(
        "address",
        ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fe80::1%eth0", "::ffff:127.0.0.1", "64:ff9b::7f00:1",
         "2002:7f00:1::1", "0.0.0.0", "224.0.0.1", "fd00::1"],
    )  # fmt: skip
    def test_addresses_of_ours_are_known_in_every_form(self, address):
        assert not is_permitted(address, ())

    def test_public_ones_and_those_that_were_named_are_asked(self):
        assert is_permitted("8.8.8.8", ())
        assert is_permitted("2a00:1450::1", ())
        assert is_permitted("127.0.0.1", LOOPBACK)

    def test_it_follows_no_redirect_and_reads_no_endless_answer(self, at_home):
        with BoundedSession(LOOPBACK, at_home.certificate) as session:
            assert session.get(f"{at_home.issuer}/elsewhere").status_code == 302
            with pytest.raises(requests.RequestException):
                session.get(f"{at_home.issuer}/endless")
            with pytest.raises(requests.RequestException):
                session.get(at_home.issuer.replace("https", "http"))

    def test_it_believes_no_certificate_that_it_does_not_know(self, at_home):
        with BoundedSession(LOOPBACK) as session, pytest.raises(requests.RequestException):
            session.get(f"{at_home.issuer}/.well-known/openid-configuration")

    @pytest.mark.parametrize(
        "answer",
        [b"", b"HTTP/1.1 200 OK\r\nx-a: ", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"],
    )
    def test_it_waits_for_no_octet_now_and_then(self, tmp_path, monkeypatch, answer):
        monkeypatch.setattr(bounded_session, "REQUEST_S", 1.0)
        with (
            dripping(tmp_path, "localhost", answer) as port,
            BoundedSession(LOOPBACK, tmp_path / "cert.pem") as session,
            pytest.raises(requests.RequestException),
        ):
            session.get(f"https://localhost:{port}/")
