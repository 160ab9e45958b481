"""A domain is served once its owner has shown that it is his and, under a contract, the provider has approved it (3-3, 3-7)."""

from __future__ import annotations

import importlib

import pytest
from django.apps import apps
from django_scopes import scope

from ecluse.control.contracts import life, naming
from ecluse.control.contracts.models import Approval, NamedDomain
from ecluse.control.policies.models import PublishedObject
from ecluse.control.tenants import services
from ecluse.control.tenants.models import Address, Client, Domain, DomainPermission
from ecluse.control.tenants.serving import Permit, permits_of
from ecluse.domain.publication import Kind
from tests.control.billed import begun_contract
from tests.control.cast import ADMIN, OPERATOR, ROUTE, client

pytestmark = pytest.mark.django_db

MORE = "more.example"


@pytest.fixture
def contract():
    """In force since now; it names one.example, while old.example was served before it by hand."""
    one = client("One")
    with scope(client=one):
        services.add_domain(one, "old.example", [ROUTE], by=OPERATOR)
        yield begun_contract("One")


def claimed(contract, name=MORE):
    return naming.claim_domain(contract.client, name, [ROUTE], by=ADMIN)


def named(contract, name=MORE):
    return contract.domains.get(name=name)


def is_published(name=MORE):
    row = PublishedObject.objects.filter(kind=Kind.DOMAIN, key=name).first()
    return row is not None and row.body is not None


def permit(contract, name=MORE):
    return permits_of(contract.client).of(name)


def test_a_client_without_a_contract_needs_nobodys_permission():
    one = client("One")
    with scope(client=one):
        assert naming.prove_domain(naming.claim_domain(one, MORE, [ROUTE], by=ADMIN), by=ADMIN) is True
    assert is_published()


@pytest.mark.parametrize("is_shown_first", [True, False])
def test_3_3_what_is_claimed_under_a_contract_is_named_and_waits_for_both_halves(contract, is_shown_first):
    domain = claimed(contract)
    assert (named(contract).approval, permit(contract)) == (Approval.ASKED, Permit.ASKED)
    if is_shown_first:
        assert naming.prove_domain(domain, by=ADMIN) is False
        assert not is_published()
        naming.grant(named(contract), by=OPERATOR)
    else:
        naming.grant(named(contract), by=OPERATOR)
        assert not is_published()
        assert naming.prove_domain(domain, by=ADMIN) is True
    assert is_published()


def test_3_3_a_claim_that_is_older_than_the_contract_is_named_when_it_is_shown():
    one = client("One")
    with scope(client=one):
        domain = services.claim_domain(one, MORE, [ROUTE], by=ADMIN)
        contract = begun_contract("One")
        assert permit(contract) is Permit.UNNAMED
        assert naming.prove_domain(domain, by=ADMIN) is False
        assert named(contract).approval == Approval.ASKED


def test_3_7_a_refusal_takes_out_of_service_and_an_approval_brings_back(contract):
    domain = claimed(contract)
    naming.prove_domain(domain, by=ADMIN)
    naming.refuse(named(contract), "Against the law.", by=OPERATOR)
    assert naming.prove_domain(domain, by=ADMIN) is False
    assert (permit(contract), permits_of(contract.client).reason(MORE)) == (Permit.REFUSED, "Against the law.")
    services.remove_domain(domain, by=ADMIN)
    assert naming.prove_domain(claimed(contract), by=ADMIN) is False  # Another try is none.
    assert not is_published()
    naming.grant(named(contract), by=OPERATOR)
    assert is_published()


def test_3_7_what_was_served_before_the_contract_stays_until_it_is_refused(contract):
    assert named(contract, "old.example").approval == Approval.ASKED
    assert is_published("old.example")
    domain = Domain.objects.get(name="old.example")
    services.add_address(domain, "paul", by=ADMIN)
    naming.refuse(named(contract, "old.example"), "Against the law.", by=OPERATOR)
    assert not is_published("old.example")
    domain.refresh_from_db()
    with pytest.raises(services.NotProven):
        services.add_address(domain, "anna", by=ADMIN)
    naming.grant(named(contract, "old.example"), by=OPERATOR)
    assert is_published("old.example")
    assert domain.addresses.count() == 1


def test_a_domain_that_was_refused_keeps_its_new_owner_from_nothing(contract):
    domain = Domain.objects.get(name="old.example")
    services.add_address(domain, "paul", by=ADMIN)
    naming.refuse(named(contract, "old.example"), "Against the law.", by=OPERATOR)
    two = client("Two")
    with scope(client=two):
        theirs = services.claim_domain(two, "old.example", [ROUTE], by=ADMIN)
        services.prove_domain(theirs, by=ADMIN)
        services.add_address(theirs, "paul", by=ADMIN)
    naming.grant(named(contract, "old.example"), by=OPERATOR)  # Too late.
    domain.refresh_from_db()
    assert domain.proven_at is None
    with scope(client=two):
        assert Address.objects.get(key="paul@old.example").domain == theirs


def test_after_its_end_nobody_has_a_say_any_more(contract):
    naming.refuse(named(contract, "old.example"), "Against the law.", by=OPERATOR)
    life.terminate(contract, "both want it", by=OPERATOR)
    assert permit(contract, "old.example") is Permit.GIVEN
    assert not is_published("old.example")  # Whoever serves it by hand again has it shown again.


def test_an_upgrade_ends_nothing_that_is_served(contract):
    naming.refuse(named(contract, "old.example"), "Against the law.", by=OPERATOR)
    # As an older release left it: served though it was refused, another one never named, and nothing told to the gateway.
    Domain.objects.update(proven_at=contract.made_at, shown_at=None)
    services.add_domain(contract.client, MORE, [ROUTE], by=OPERATOR)
    Domain.objects.filter(name=MORE).update(proven_at=contract.made_at, shown_at=None)
    NamedDomain.objects.filter(name=MORE).delete()
    DomainPermission.objects.all().delete()
    Client.objects.update(needs_permission=False)

    importlib.import_module("ecluse.control.contracts.migrations.0007_permits").tell(apps, None)

    assert not Domain.objects.filter(proven_at=None).exists()
    assert not Domain.objects.filter(shown_at=None).exists()
    assert [permit(contract, name) for name in ("one.example", "old.example", MORE)] == [
        Permit.GIVEN,
        Permit.REFUSED,
        Permit.ASKED,
    ]
    naming.refuse(named(contract, "old.example"), "Still against the law.", by=OPERATOR)
    assert Domain.objects.get(name="old.example").proven_at is None
