"""Keys of programs and their answers stand in their client's scope, the provider's in none; on PostgreSQL behind the fence (7-1)."""

from __future__ import annotations

import hashlib

import pytest
from django.db import connection, models
from django_scopes import ScopeError, scope, scopes_disabled

from ecluse.control.accounts.models import User
from ecluse.control.accounts.roles import Permission
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.programs.answers import Answer, forget_answers, once
from ecluse.control.programs.models import ApiKey, KeptAnswer
from ecluse.control.programs.queries import find_key, find_key_of, keys_of
from ecluse.control.programs.services import make_key, note_use, revoke_key
from tests.control.cast import client

pytestmark = pytest.mark.django_db
SCOPES = (Permission.SEE_CLIENT,)
DONE = Answer(201, b"{}")


@pytest.fixture
def house():
    """Two clients and the provider, each with a key: owner -> secret."""
    maker = User.objects.create_user("ann@one.example", "x")
    by = Actor(ActorKind.PERSON, maker.email, id=maker.pk)
    owners = (client("One"), client("Two"), None)
    return {each: make_key(each, "sync", SCOPES, may_lend=SCOPES, expires_at=None, by=by) for each in owners}, by


def round_the_managers():
    """As a forgotten scope or a statement by hand would ask."""
    return set(models.QuerySet(ApiKey).values_list("client__name", flat=True))


def test_a_key_is_found_by_its_secret_alone_and_seen_in_its_own_scope_alone(house):
    secrets, by = house
    one, two, _ = secrets
    with pytest.raises(ScopeError):
        ApiKey.objects.count()
    for owner, secret in secrets.items():
        key = find_key(secret)
        assert key.client == owner
        note_use(key, "192.0.2.1")
        assert [each.pk for each in keys_of(owner)] == [key.pk]
        assert keys_of(owner)[0].used_from == "192.0.2.1"
    with scope(client=two):
        assert [each.client for each in ApiKey.objects.all()] == [two]
        with pytest.raises(ScopeError):
            ApiKey(client=one, name="n", begins="b", digest=b"x" * 32, scopes=[]).save()
        if connection.vendor == "postgresql":
            assert round_the_managers() == {"Two"}
    if connection.vendor == "postgresql":
        assert round_the_managers() == set()
    assert find_key_of(two, keys_of(one)[0].pk) is None
    revoke_key(keys_of(one)[0], by=by)
    assert (find_key(secrets[one]), len(keys_of(two)), len(keys_of(None))) == (None, 1, 1)


def test_answers_are_kept_in_the_scope_of_the_key_wherever_it_works(house):
    secrets, _ = house
    request = hashlib.sha256(b"x").digest()
    for owner, secret in secrets.items():
        key, seen = find_key(secret), []

        def work(seen=seen):
            seen.append([each.client.name for each in ApiKey.objects.all()])  # The fence stands while it works.
            return DONE

        where = owner or next(iter(secrets))
        with scope(client=where):
            assert [once(key, secret, "t", request, work) for _ in range(2)] == [(DONE, False), (DONE, True)]
        assert seen == [[where.name]]
    with scopes_disabled():
        assert [each.client for each in KeptAnswer.objects.order_by("pk")] == list(secrets)
        now = KeptAnswer.objects.first().at
    assert forget_answers(now.replace(year=now.year + 1)) == 3
