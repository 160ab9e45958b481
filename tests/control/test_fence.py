"""On PostgreSQL the database itself shows and takes rows of the open scope's client only, whatever the program forgot (7-1)."""

from __future__ import annotations

import threading

import pytest
from django.apps import apps
from django.db import DatabaseError, ProgrammingError, connection, models, transaction
from django_scopes import scope, scopes_disabled

from ecluse.adapters.controldb.database import Database
from ecluse.control.tenants import services
from ecluse.control.tenants.fence import owned_tables, raise_fence, unfenced
from ecluse.control.tenants.models import Client, Domain
from ecluse.control.tenants.owned import Owned
from ecluse.domain.errors import Impossible
from tests.control.cast import ADMIN, ROUTE, client
from tests.control.test_publications import url

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="row-level security is PostgreSQL's"),
]


@pytest.fixture
def two():
    """Two clients with a domain each."""
    owners = client("One"), client("Two")
    for owner in owners:
        with scope(client=owner):
            services.add_domain(owner, f"{owner.name.lower()}.example", [ROUTE], by=ADMIN)
    return owners


def everything():
    """Round the managers, as a forgotten scope or a statement by hand would ask."""
    return set(models.QuerySet(Domain).values_list("name", flat=True))


def insert(owner, name):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tenants_domain (client_id, name, recipients, challenge, created_at)"
            " VALUES (%s, %s, 'listed', '', now())",
            [owner.pk, name],
        )


def taken_back(owner):
    """What was read in this client's scope, within a transaction that comes to nothing."""
    try:
        with transaction.atomic(), scope(client=owner):
            seen = everything()
            raise Impossible("on purpose")  # noqa: TRY301 - that is what is tried.
    except Impossible:
        return seen


def test_what_belongs_to_a_client_is_fenced_every_table():
    assert unfenced(connection) == []
    assert {"tenants_domain", "held_copy", "keystore_sealingkey"} <= set(owned_tables())
    with_client = {
        model._meta.db_table
        for model in apps.get_models()
        if any(field.related_model is Client and not field.null for field in model._meta.concrete_fields)
    }
    # Asked for before any scope is open: who may sign in, how, and for which clients the provider's people act.
    assert with_client - set(owned_tables()) == {"accounts_signinrules", "accounts_breakglass"}


def test_our_role_is_not_beyond_the_fence_and_a_superusers_is():
    ours, a_superusers = Database(url()), Database(url().replace("//ecluse@", "//postgres@"))
    assert (ours.passes_every_fence(), a_superusers.passes_every_fence()) == (False, True)
    for each in (ours, a_superusers):
        each.close()


def test_without_an_open_scope_nothing_is_read(two):
    assert everything() == set()


def test_in_a_scope_only_its_client_is_read_and_all_where_scopes_are_off(two):
    one, other = two
    for owner, seen in ((one, {"one.example"}), (other, {"two.example"})):
        with scope(client=owner):
            assert everything() == seen
    with scopes_disabled():
        assert everything() == {"one.example", "two.example"}
    assert everything() == set()


def test_another_clients_rows_are_neither_changed_nor_deleted(two):
    one, other = two
    with scope(client=one):
        theirs = models.QuerySet(Domain).filter(client=other)
        assert theirs.update(name="taken.example") == 0
        assert theirs._raw_delete(theirs.db) == 0
    with scope(client=other):
        assert everything() == {"two.example"}


@pytest.mark.parametrize("opened", ["none", "another"])
def test_nothing_is_written_into_a_client_whose_scope_is_not_open(two, opened):
    one, other = two
    is_open = {} if opened == "none" else {"client": other}
    with scope(**is_open), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        insert(one, "smuggled.example")
    with scope(client=one):
        insert(one, "own.example")
        assert everything() == {"one.example", "own.example"}


def test_no_row_is_given_away(two):
    one, other = two
    with scope(client=one), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        models.QuerySet(Domain).filter(client=one).update(client=other)


def test_after_a_rollback_the_scope_of_the_moment_counts(two):
    """PostgreSQL takes settings back with the savepoint they were made in."""
    one, other = two
    with scope(client=one):
        assert everything() == {"one.example"}
        assert taken_back(other) == {"two.example"}
        assert everything() == {"one.example"}
    assert everything() == set()


def test_a_statement_that_failed_in_another_scope_can_be_taken_back(two):
    one, other = two
    with scope(client=one), transaction.atomic():
        with pytest.raises(DatabaseError), transaction.atomic(), scope(client=other):
            insert(one, "smuggled.example")
        assert everything() == {"one.example"}


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_used_again_remembers_no_scope(two):
    """Of requests on one connection: also where the one before ended in the middle of a scope."""
    one, other = two
    seen = []

    def requests():
        try:
            with scope(client=one):
                seen.append(everything())
            seen.append(everything())
            with scope(client=one):
                seen.append(taken_back(one))
            seen.append(everything())
            with scope(client=other):
                seen.append(everything())
            connection.close()
            seen.append(everything())
        finally:
            connection.close()

    thread = threading.Thread(target=requests)
    thread.start()
    thread.join(60)
    assert seen == [{"one.example"}, set(), {"one.example"}, set(), {"two.example"}, set()]


@pytest.mark.django_db(transaction=True)
def test_nodes_serve_all_clients_and_others_on_their_connection_none(two):
    """Told for one transaction: a pooler that hands the connection on hands on nothing with it."""
    database = Database(url())
    count = "SELECT count(*) FROM tenants_domain"
    try:
        with database.transaction() as node:
            assert node.ask(count, {}) == [(2,)]
        assert database._connection.execute(count).fetchone() == (0,)
    finally:
        database.close()


def test_a_fence_that_somebody_took_down_stands_again_after_the_next_migration():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tenants_domain NO FORCE ROW LEVEL SECURITY")
        cursor.execute("DROP POLICY one_client ON tenants_route")
    assert unfenced(connection) == ["tenants_domain", "tenants_route"]
    raise_fence(connection.alias)
    assert unfenced(connection) == []


# A row without a client is the provider's own: the comparison with NULL is never true, so that no client's scope shows it
# or takes it (`test_person_requests`).
MAY_BE_THE_PROVIDERS = {
    "mail.NodeOrder",  # A detour of all clients' mail.
    "privacy.PersonRequest",
    "privacy.RequestStep",
    "programs.ApiKey",
    "programs.KeptAnswer",
}


def test_every_owned_model_is_one_clients():
    """The fence compares `client_id`."""
    for model in apps.get_models():
        if issubclass(model, Owned):
            is_null = model._meta.get_field("client").null
            assert is_null == (model._meta.label in MAY_BE_THE_PROVIDERS), model
