"""What a client had set up goes ninety days after its end, once the provider has had thirty to see it coming (15-6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.apps import apps
from django.db import models
from django_scopes import scope, scopes_disabled

from ecluse.control.accounts.models import Membership, User
from ecluse.control.accounts.roles import Role
from ecluse.control.attempts.models import Attempt
from ecluse.control.contracts import life, offers
from ecluse.control.contracts.models import Contract
from ecluse.control.contracts.price_grid import Bundle, Wanted
from ecluse.control.policies.models import PublishedObject
from ecluse.control.privacy import ended_clients
from ecluse.control.privacy.declared import IN_DATABASE
from ecluse.control.privacy.end_notices import tell_owners
from ecluse.control.privacy.ended_clients import end_of, goes_at, hold_back, let_go, take_down_ended
from ecluse.control.privacy.models import EndedClient
from ecluse.control.privacy.taking_down import STAYING_ROLES
from ecluse.control.sending.models import Connector
from ecluse.control.sending.services import add_connector
from ecluse.control.tenants import services
from ecluse.control.tenants.models import Client, Domain
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.personal_data import Kept
from ecluse.domain.policy import ServiceState
from ecluse.web.backoffice.end_mail import end_mail
from ecluse.wire.connector_terms import ConnectorTerms
from tests.control.billed import begun_contract
from tests.control.cast import OPERATOR, ROUTE, make_master_key
from tests.control.cast import client as make_client

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 20, 11, tzinfo=UTC)
DAY = timedelta(days=1)
USED = [apps.get_model(each.name) for each in IN_DATABASE if each.kept is Kept.WHILE_USED]
OF_CLIENTS = [model for model in USED if "client" in {field.name for field in model._meta.fields}]


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def filled(model, client, made):
    """A row of the client's, whatever the model wants; those that it hangs on are made along with it."""
    if model in made:
        return made[model]
    values = {}
    for field in model._meta.concrete_fields:
        if field.name == "client":
            values["client"] = client
        elif field.is_relation and not (field.null or field.auto_created):
            values[field.name] = filled(field.related_model, client, made)
        elif not (field.is_relation or field.primary_key or field.has_default() or field.blank or field.null):
            values[field.name] = value_for(field, client)
    made[model] = model._default_manager.create(**values)
    return made[model]


def value_for(field, client):
    if field.choices:
        return field.choices[0][0]
    if isinstance(field, models.BooleanField):
        return False
    if isinstance(field, models.BinaryField):
        return client.pk.to_bytes(32, "big")
    if isinstance(field, models.DateTimeField):
        return START
    if isinstance(field, models.JSONField):
        return []
    if isinstance(field, (models.IntegerField, models.FloatField)):
        return 1
    return f"{client.pk}.{field.name}"[: field.max_length]


def set_up(client):
    """A row in each store that is kept while it is used."""
    with scope(client=client):
        domain = services.add_domain(client, f"{client.name.lower()}.example", [ROUTE], by=OPERATOR)
        owner, reader = (User.objects.create_user(f"{who}@{domain.name}") for who in ("owner", "reader"))
        Membership.objects.create(user=owner, client=client, role=Role.OWNER)
        membership = Membership.objects.create(user=reader, client=client, role=Role.ADMINISTRATOR)
        made = {Client: client, Domain: domain, User: reader, Membership: membership}
        address = services.add_address(domain, "ann", by=OPERATOR)
        made[type(address)] = address
        add_connector(client, ConnectorTerms(name="erp", login=f"erp@{domain.name}"), by=OPERATOR)
        made[Connector] = Connector.objects.get()
        for model in OF_CLIENTS:
            filled(model, client, made)


def left_of(client):
    """Stores -> rows of the client that go."""
    with scope(client=client):
        found = {model._meta.label: model._default_manager.filter(client=client) for model in OF_CLIENTS}
        found["accounts.Membership"] = found["accounts.Membership"].exclude(role__in=STAYING_ROLES)
        return {label: count for label, rows in found.items() if (count := rows.count())}


def ended(name):
    contract = begun_contract(name)
    set_up(contract.client)
    with scope(client=contract.client):
        life.terminate(contract, "both want it", by=OPERATOR)
    return contract.client


def run():
    return take_down_ended(datetime.now(UTC))


def test_all_goes_and_what_the_law_keeps_stays(clock, tmp_path, settings):
    make_master_key(tmp_path, settings)
    gone, other = ended("One"), make_client("Two")
    set_up(other)
    before = left_of(gone)
    assert before.keys() == {model._meta.label for model in OF_CLIENTS}
    assert run() == (1, 0)
    clock.shift(90 * DAY - timedelta(seconds=1))
    assert run() == (0, 0)
    assert left_of(gone) == before
    clock.shift(timedelta(seconds=1))
    assert run() == (0, 1)
    assert left_of(gone) == {}
    assert left_of(other).keys() == before.keys()
    with scopes_disabled():
        assert Contract.objects.filter(client=gone).count() == 1
        assert set(User.objects.values_list("email", flat=True)) == {
            "owner@one.example",
            "owner@two.example",
            "reader@two.example",
        }
    published = PublishedObject.objects.filter(key__contains="one.example", body__isnull=False)
    assert not published.exists()
    assert run() == (0, 0)


def test_an_upgrade_takes_nothing_at_once(clock, tmp_path, settings):
    make_master_key(tmp_path, settings)
    gone = ended("One")
    clock.shift(800 * DAY)  # An older release has looked at nothing.
    assert run() == (1, 0)
    with scope(client=gone):
        assert goes_at(end_of(gone)) == START + 830 * DAY
    clock.shift(30 * DAY)
    assert run() == (0, 1)


def test_the_provider_holds_it_back_and_an_offer_does(clock, tmp_path, settings):
    make_master_key(tmp_path, settings)
    gone = ended("One")
    run()
    clock.shift(91 * DAY)
    with scope(client=gone):
        with pytest.raises(Impossible):
            hold_back(gone, " ", by=OPERATOR)
        hold_back(gone, "a dispute", by=OPERATOR)
        assert run() == (0, 0)
        let_go(gone, by=OPERATOR)
        offer = offers.draft(gone, Wanted(Bundle.BOTH, 10, 1, 12), ["one.example"], by=OPERATOR)
        assert run() == (0, 0)
        offers.withdraw(offer, "they stay away", by=OPERATOR)
        offers.draft(gone, Wanted(Bundle.BOTH, 10, 1, 12), ["one.example"], by=OPERATOR)
        clock.shift(90 * DAY - timedelta(seconds=1))
        assert run() == (0, 0)
        clock.shift(timedelta(seconds=1))  # Nobody has sent it.
        assert run() == (0, 1)
        services.set_state(gone, ServiceState.ACTIVE, by=OPERATOR)  # It comes back, and nothing is known of its end.
        run()
        assert end_of(gone) is None


def test_a_large_one_goes_in_parts_and_one_that_fails_stops_no_other(clock, tmp_path, settings, monkeypatch):
    make_master_key(tmp_path, settings)
    one, two = ended("One"), ended("Two")
    with scope(client=two):
        services.add_address(Domain.objects.get(), "bob", by=OPERATOR)
    run()
    clock.shift(90 * DAY)
    monkeypatch.setattr(ended_clients, "_ROWS_AT_ONCE", 1)
    do = ended_clients.take_down

    def failing(client, most, *, by):
        done = do(client, most, by=by)
        if client == one:
            raise ZeroDivisionError
        return done

    monkeypatch.setattr(ended_clients, "take_down", failing)
    before = left_of(one)
    assert run() == (0, 0)
    assert left_of(two)["tenants.Address"] == 1
    assert run() == (0, 1)
    assert (left_of(one), left_of(two)) == (before, {})
    assert Attempt.objects.get().work == "take down a client"


def test_who_goes_for_the_first_time_goes_before_who_is_looked_at_again(clock, tmp_path, settings, monkeypatch):
    make_master_key(tmp_path, settings)
    monkeypatch.setattr(ended_clients, "_CLIENTS_AT_ONCE", 1)
    ended("One")
    run()
    clock.shift(30 * DAY)
    two = ended("Two")
    run()
    clock.shift(60 * DAY)
    assert run() == (0, 1)
    clock.shift(30 * DAY)  # Now both are due: one of them again.
    assert run() == (0, 1)
    assert left_of(two) == {}


def test_what_it_asks_does_not_grow_with_clients_that_wait(clock, django_assert_max_num_queries):
    for name in ("One", "Two", "Three"):
        client = make_client(name)
        with scope(client=client):
            services.set_state(client, ServiceState.ENDED, by=OPERATOR)
    run()
    with django_assert_max_num_queries(8):
        assert run() == (0, 0)
    with scopes_disabled():
        assert EndedClient.objects.count() == 3


def test_the_providers_owners_hear_of_it_two_weeks_before(clock, tmp_path, settings):
    make_master_key(tmp_path, settings)
    gone, held = ended("One"), ended("Two")
    owner = User.objects.create_user("boss@provider.example", language="fr")
    Membership.objects.create(user=owner, client=None, role=Role.PROVIDER_OWNER)
    sent = []
    run()
    with scope(client=held):
        hold_back(held, "a dispute", by=OPERATOR)
    clock.shift(76 * DAY - timedelta(seconds=1))
    assert tell_owners(datetime.now(UTC), sent.append) == 0
    clock.shift(timedelta(seconds=1))
    assert tell_owners(datetime.now(UTC), away) == 0
    clock.shift(timedelta(days=1))  # What failed rests for a while.
    assert [tell_owners(datetime.now(UTC), sent.append) for _ in range(2)] == [1, 0]
    [notice] = sent
    assert (notice.recipient, notice.name, notice.goes_at) == (owner.email, "One", START + 90 * DAY)
    mail = end_mail(notice)
    assert mail.subject == "Ce que One avait configuré sera supprimé le 20 avril 2026"
    assert f"/clients/{gone.pk}/service/" in mail.text


def away(_):
    raise Unavailable("the mail server is away")
