"""With its last contract a client's keys, secrets and invitations are worth nothing, and its people look on for ninety days (16-3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django_scopes import scope

from ecluse.control.accounts import after_end
from ecluse.control.accounts import services as accounts
from ecluse.control.accounts.models import Membership, User
from ecluse.control.accounts.queries import Grant, open_invitations
from ecluse.control.accounts.roles import CLIENT_ROLES, PERMISSIONS, PROVIDER_ROLES, Permission, Role
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.queries import entries
from ecluse.control.contracts import life
from ecluse.control.programs.queries import find_key, keys_of
from ecluse.control.programs.services import make_key
from ecluse.control.sending.queries import connectors
from ecluse.control.sending.services import add_connector
from ecluse.control.tenants import services
from ecluse.control.webhooks.models import Webhook
from ecluse.control.webhooks.services import add_webhook, switch_off_ended
from ecluse.domain.policy import ServiceState
from ecluse.wire.connector_terms import ConnectorTerms
from ecluse.wire.sasl.scram import fits, read_key
from tests.control.billed import begun_contract
from tests.control.cast import OPERATOR, ROUTE, make_master_key

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 20, 11, tzinfo=UTC)
CHANGING = {
    Permission.CHANGE_DOMAINS,
    Permission.CHANGE_ADDRESSES,
    Permission.CHANGE_LISTS,
    Permission.CHANGE_SETTINGS,
    Permission.CHANGE_MEMBERS,
    Permission.CHANGE_PROGRAMS,
    Permission.CHANGE_WEBHOOKS,
    Permission.CHANGE_SENDING,
    Permission.CHANGE_SIGN_IN,
    Permission.RELEASE,
}


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def contract(clock, tmp_path, settings):
    make_master_key(tmp_path, settings)
    made = begun_contract()
    with scope(client=made.client):
        services.add_domain(made.client, "one.example", [ROUTE], by=OPERATOR)
        yield made


def member(client, role):
    user = User.objects.create_user(f"{role}@one.example")
    Membership.objects.create(user=user, client=client, role=role)
    return user


def terms():
    return connectors()[0].terms


def test_16_3_keys_secrets_webhooks_and_invitations_are_revoked(contract):
    owner = member(contract.client, Role.OWNER)
    by = Actor(ActorKind.PERSON, owner.email, id=owner.pk)
    secret = make_key(contract.client, "sync", [], may_lend=frozenset(Permission), expires_at=None, by=by)
    add_connector(contract.client, ConnectorTerms(name="erp", login="erp@one.example"), by=by)
    add_webhook(contract.client, "https://hooks.one.example/", ["message.held"], by=by)
    accounts.invite("new@one.example", Role.USER, contract.client, by=by, grants=frozenset(Role))
    life.terminate(contract, "both want it", by=OPERATOR)
    assert find_key(secret) is None
    assert keys_of(contract.client) == []
    assert terms().login == "erp@one.example"
    assert not open_invitations(contract.client).exists()
    assert switch_off_ended() == 1
    assert switch_off_ended() == 0
    assert not Webhook.objects.get().is_on
    done = {each.action for each in entries(contract.client_id)}
    wanted = {"api-key.revoked", "connector.secret-revoked", "member.invitation-withdrawn", "webhook.switched-off"}
    assert wanted <= done


def test_16_3_the_former_secret_does_not_open_the_door_any_more(contract):
    secret = add_connector(contract.client, ConnectorTerms(name="erp", login="erp@one.example"), by=OPERATOR)
    assert fits(read_key(terms().key), secret)
    life.terminate(contract, "both want it", by=OPERATOR)
    assert not fits(read_key(terms().key), secret)


def test_16_3_notice_ends_it_with_the_period_and_not_before(contract, clock):
    secret = make_key(
        contract.client,
        "sync",
        [],
        may_lend=frozenset(Permission),
        expires_at=None,
        by=Actor(ActorKind.PERSON, "o@one.example", id=member(contract.client, Role.OWNER).pk),
    )
    life.receive_notice(contract, "1A 234", START, whose="client", by=OPERATOR)
    assert find_key(secret) is not None
    clock.move_to(datetime(2027, 1, 20, 11, tzinfo=UTC))
    life.turn_due(datetime.now(UTC))
    assert find_key(secret) is None


def test_16_3_who_is_suspended_keeps_everything(contract):
    add_connector(contract.client, ConnectorTerms(name="erp", login="erp@one.example"), by=OPERATOR)
    before = terms()
    life.suspend(contract, "not paid", by=OPERATOR)
    assert terms() == before
    assert after_end.permissions_at(contract.client, Role.OWNER) == PERMISSIONS[Role.OWNER]


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMINISTRATOR])
def test_15_5_who_runs_the_client_looks_on_for_ninety_days_and_changes_nothing(contract, clock, role):
    life.terminate(contract, "both want it", by=OPERATOR)
    contract.client.refresh_from_db()
    grant = Grant(contract.client, role)
    assert {Permission.SEE_LOG, Permission.SEE_CONTENT, Permission.SEE_AUDIT} <= grant.permissions
    assert not CHANGING & grant.permissions
    clock.move_to(START + timedelta(days=90) - timedelta(seconds=1))
    assert grant.allows(Permission.SEE_LOG)
    clock.move_to(START + timedelta(days=90))
    billing = {Permission.SEE_BILLING, Permission.ACCEPT_CONTRACTS}
    assert grant.permissions == (billing if role is Role.OWNER else set())


def test_16_3_all_others_of_the_client_are_shut_out_at_once(contract, clock):
    people = {role: member(contract.client, role) for role in CLIENT_ROLES if role is not Role.RESELLER}
    assert not after_end.shut_out().exists()
    life.terminate(contract, "both want it", by=OPERATOR)
    contract.client.refresh_from_db()
    assert set(after_end.shut_out()) == {people[Role.HELP_DESK], people[Role.USER]}
    clock.move_to(START + timedelta(days=90))
    assert set(after_end.shut_out()) == set(people.values()) - {people[Role.OWNER]}
    for role, user in people.items():
        has_nothing = not after_end.permissions_at(contract.client, role)
        assert after_end.is_shut_out(user) is has_nothing


def test_who_belongs_to_another_client_or_to_nobody_is_not_shut_out(contract):
    both, nobody = member(contract.client, Role.USER), User.objects.create_user("nobody@one.example")
    Membership.objects.create(user=both, client=services.create_client("Two", by=OPERATOR), role=Role.USER)
    life.terminate(contract, "both want it", by=OPERATOR)
    assert not after_end.is_shut_out(both)
    assert not after_end.is_shut_out(nobody)


@pytest.mark.parametrize("role", [*PROVIDER_ROLES, Role.RESELLER])
def test_the_providers_side_keeps_what_it_has(contract, role):
    life.terminate(contract, "both want it", by=OPERATOR)
    contract.client.refresh_from_db()
    assert after_end.permissions_at(contract.client, role) == PERMISSIONS[role]


def test_a_new_contract_gives_people_back_what_they_had_and_programs_nothing(contract):
    key = make_key(
        contract.client,
        "sync",
        [],
        may_lend=frozenset(Permission),
        expires_at=None,
        by=Actor(ActorKind.PERSON, "o@one.example", id=member(contract.client, Role.OWNER).pk),
    )
    life.terminate(contract, "both want it", by=OPERATOR)
    services.set_state(contract.client, ServiceState.ACTIVE, by=OPERATOR)
    assert after_end.permissions_at(contract.client, Role.USER) == PERMISSIONS[Role.USER]
    assert find_key(key) is None
