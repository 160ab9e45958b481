"""Connectors on their page: added with a secret that is shown once, renewed, removed; published to the nodes at once."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.policies.models import PublishedObject
from ecluse.control.sending.models import Connector as Row
from ecluse.control.tenants import services as tenants
from ecluse.control.tenants.models import Domain
from ecluse.domain.connector import Connector
from ecluse.domain.policy import Route
from ecluse.wire.sasl.scram import fits
from tests.control.cast import OPERATOR

LOGIN = {"name": "printer", "proof": "login", "login": "Printer@one.example", "account": "login"}
CLOUD = {"name": "cloud", "proof": "microsoft365", "account": "envelope"}


@pytest.fixture
def base(cast):
    return f"/clients/{cast.one.pk}/connectors/"


@pytest.fixture
def ann(cast):
    return cast.browser(Role.ADMINISTRATOR)


def published(name):
    """As a node gets it; None once it is gone."""
    body = PublishedObject.objects.get(kind="connector", key=f"One/{name}").body
    return None if body is None else msgspec.msgpack.decode(bytes(body), type=Connector)


def secret_in(page):
    return page.text.partition('id="secret">')[2].partition("<")[0]


def test_a_login_is_added_and_its_secret_shown_once(ann, base):
    secret = secret_in(ann.post(f"{base}add", LOGIN))
    assert len(secret) == 32
    page = ann.get(base).text
    assert "printer@one.example" in page.lower()
    assert secret not in page
    assert fits(published("printer").key, secret)
    entry = Entry.objects.get(action="connector.added")
    assert entry.actor_name == "ann@one.example"
    assert "SCRAM" not in str(entry.after)


def test_a_shared_service_gets_a_token_and_its_networks(ann, base):
    token = secret_in(ann.post(f"{base}add", CLOUD))
    cloud = published("cloud")
    assert cloud.token == hashlib.sha256(token.encode()).digest()
    assert cloud.is_shared
    assert "40.92.0.0/15" in cloud.networks
    assert not cloud.forwards


def test_a_server_that_forwards_is_said_to(ann, base):
    ann.post(f"{base}add", CLOUD | {"forwards": "on"})
    assert published("cloud").forwards
    assert "Forwards mail of your users" in ann.get(base).text


def test_a_renewed_secret_makes_the_former_one_worthless(cast, ann, base):
    former = secret_in(ann.post(f"{base}add", LOGIN))
    with scope(client=cast.one):
        row = Row.objects.get()
    fresh = secret_in(ann.post(f"{base}{row.pk}/secret"))
    key = published("printer").key
    assert fits(key, fresh)
    assert not fits(key, former)


def test_what_is_removed_lets_nothing_in(cast, ann, base):
    ann.post(f"{base}add", LOGIN)
    with scope(client=cast.one):
        row = Row.objects.get()
    assert "removed" in ann.post(f"{base}{row.pk}/remove", follow=True).text
    assert published("printer") is None


def test_a_login_closes_with_its_domain_and_opens_when_that_is_back(cast, ann, base):
    ann.post(f"{base}add", LOGIN)
    ann.post(f"{base}add", CLOUD)
    with scope(client=cast.one):
        tenants.remove_domain(Domain.objects.get(name="one.example"), by=OPERATOR)
    assert published("printer") is None
    assert published("cloud") is not None
    with scope(client=cast.one):
        tenants.add_domain(cast.one, "one.example", (Route("192.0.2.9"),), by=OPERATOR)
    assert published("printer").login == "printer@one.example"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"login": "printer@two.example"}, "in a domain of yours"),
        ({"proof": "network", "networks": "40.92.1.0/24"}, "nobody else"),
        ({"proof": "network", "networks": "0.0.0.0/0"}, "nobody else"),
        ({"proof": "network", "networks": "here"}, "nobody else"),
        ({"proof": "certificate", "certificate": "abc"}, "64 hexadecimal digits"),
        ({"name": "a/b"}, "A name of its own"),
        ({"account": "header"}, "The name of a field"),
    ],
)
def test_what_cannot_be_meant_is_said_beside_its_field(cast, ann, base, change, said):
    assert said in ann.post(f"{base}add", {**LOGIN, "account": "envelope", **change}).text.replace("&#x27;", "'")
    with scope(client=cast.one):
        assert not Row.objects.exists()


def test_what_may_change_of_a_connector_is_changed_and_its_secret_goes_on(cast, ann, base):
    secret = secret_in(ann.post(f"{base}add", LOGIN | {"networks": "192.0.2.0/24"}))
    secret_in(ann.post(f"{base}add", CLOUD))
    with scope(client=cast.one):
        printer, cloud = (Row.objects.get(name=name) for name in ("printer", "cloud"))
    where = f"{base}{printer.pk}/change"
    form = ann.get(where).text
    assert all(said in form for said in ("192.0.2.0/24", 'value="login" selected'))
    assert "the certificate" not in form
    given = {"networks": "198.51.100.7\n", "account": "header", "account_header": "X-User", "listed_senders": "on"}
    assert "applies to all mail" in ann.post(where, given, follow=True).text
    changed = published("printer")
    assert (changed.networks, changed.account_header, changed.lists_senders) == (("198.51.100.7/32",), "X-User", True)
    assert (changed.login, fits(changed.key, secret)) == ("printer@one.example", True)
    assert Entry.objects.get(action="connector.changed").actor_name == "ann@one.example"
    networks = published("cloud").networks
    assert "id_networks" not in ann.get(f"{base}{cloud.pk}/change").text
    ann.post(f"{base}{cloud.pk}/change", {"account": "envelope", "forwards": "on", "networks": "192.0.2.9"})
    assert (published("cloud").networks, published("cloud").forwards) == (networks, True)
    assert "The name of a field" in ann.post(where, given | {"account": "login"}).text
    assert "a hundred" in ann.post(where, given | {"networks": "here"}).text
    assert cast.browser(Role.HELP_DESK).post(where, given).status_code in {403, 404}


def test_a_name_and_a_login_are_had_once(ann, base):
    ann.post(f"{base}add", LOGIN)
    assert "A name of its own" in ann.post(f"{base}add", LOGIN).text
    assert "A name that nobody has" in ann.post(f"{base}add", {**LOGIN, "name": "other"}).text


def test_who_only_reads_sees_none_of_it(cast, base):
    assert cast.browser(Role.HELP_DESK).get(base).status_code in {403, 404}
