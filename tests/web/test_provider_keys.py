"""Keys of the provider's own programs: made by his people as far as they may themselves, told once, revoked, recorded."""

from __future__ import annotations

import re

from django_scopes import scopes_disabled

from ecluse.control.accounts.roles import Permission, Role
from ecluse.control.audit.models import Entry
from ecluse.control.programs.models import ApiKey
from ecluse.control.programs.queries import find_key, grant_for_provider, grant_of, keys_of
from ecluse.control.programs.services import MOST_KEYS
from tests.web.things import things_of

PAGE = "/provider/keys/"


def make(browser, *scopes, name="inventory"):
    return browser.post(f"{PAGE}make", {"name": name, "scopes": [each.value for each in scopes]})


def secret_in(page):
    return re.search(r'id="secret">(ecl_[^<]+)<', page)[1]


def test_a_key_is_shown_once_and_opens_what_its_maker_lends_at_every_client(cast):
    op = cast.browser(Role.OPERATOR)
    assert "No key yet" in op.get(PAGE).text
    answer = make(op, Permission.SEE_NODES, Permission.SEE_CLIENT)
    secret = secret_in(answer.text)
    assert "no-store" in answer["Cache-Control"]
    key = find_key(secret)
    assert grant_for_provider(key).permissions == {Permission.SEE_NODES, Permission.SEE_CLIENT}
    assert all(grant_of(key, client.pk).allows(Permission.SEE_CLIENT) for client in (cast.one, cast.two))
    page = op.get(PAGE).text
    assert "inventory" in page
    assert "See nodes, their queues, and jobs" in page
    assert secret not in page
    entry = Entry.objects.get(action="api-key.made", client_id=None)
    assert secret not in str(entry.after)


def test_nobody_lends_what_he_does_not_have(cast):
    op = cast.browser(Role.OPERATOR)
    assert 'value="see-content"' not in op.get(f"{PAGE}make").text
    make(op, Permission.SEE_CONTENT)
    assert keys_of(None) == []
    assert cast.browser(Role.SUPPORT).get(PAGE).status_code == 403


def test_revoked_it_opens_nothing_and_clients_keys_are_not_reached_from_here(cast):
    op, of_one = cast.browser(Role.OPERATOR), things_of(cast.one)["key_id"]
    secret = secret_in(make(op, Permission.SEE_NODES).text)
    assert op.post(f"{PAGE}{of_one}/revoke").status_code == 404
    assert op.post(f"{PAGE}{keys_of(None)[0].pk}/revoke", follow=True).text.count("The key has been revoked.") == 1
    assert find_key(secret) is None
    assert Entry.objects.filter(action="api-key.revoked", client_id=None).count() == 1


def test_too_many_are_refused_in_words(cast):
    op = cast.browser(Role.OPERATOR)
    make(op, Permission.SEE_NODES)
    [row] = keys_of(None)
    more = {"name": "more", "begins": "x", "scopes": [], "made_by": row.made_by, "made_at": row.made_at}
    with scopes_disabled():
        ApiKey.objects.bulk_create(ApiKey(digest=bytes([at]) * 32, **more) for at in range(MOST_KEYS - 1))
    assert "revoke some first" in make(op, Permission.SEE_NODES).text


def test_a_clients_own_key_is_never_the_providers(cast):
    owner = cast.browser(Role.OWNER)
    for page in (PAGE, f"{PAGE}make"):
        assert owner.get(page).status_code == 404
