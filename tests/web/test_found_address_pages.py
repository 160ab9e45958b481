"""Addresses that a client's own server has confirmed, on their page and by the API: taken over, or left out."""

from __future__ import annotations

import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.directories.models import FoundAddress
from ecluse.control.policies.models import PublishedObject
from ecluse.control.tenants.models import Address
from ecluse.control.tenants.queries import proven_domains
from tests.web.programs import program_in_role
from tests.web.things import found_address


@pytest.fixture
def base(cast):
    return f"/clients/{cast.one.pk}/addresses/found"


@pytest.fixture
def found(cast):
    """Three, found0 to found2."""
    with scope(client=cast.one):
        return [found_address(proven_domains()[0]) for _ in range(3)]


def listed(cast):
    with scope(client=cast.one):
        return {each.key: each.is_alias for each in Address.objects.filter(key__startswith="found")}


def test_an_administrator_takes_over_one_leaves_out_another_and_finds_it_again(cast, base, found):
    ann = cast.browser(Role.ADMINISTRATOR)
    overview = f"/clients/{cast.one.pk}/"
    assert "3 addresses that your own server knows wait for your word" in ann.get(overview).text
    assert "that your own server knows" not in cast.browser(Role.HELP_DESK).get(overview).text
    assert f'href="{base}"' in ann.get(f"/clients/{cast.one.pk}/addresses/").text
    page = ann.get(base).text
    assert all(each.address in page for each in found)
    assert "Nothing was chosen." in ann.post(f"{base}/act", {"act": "take-over"}, follow=True).text
    ann.post(f"{base}/act", {"act": "take-over-aliases", "found": [found[0].pk]})
    ann.post(f"{base}/act", {"act": "dismiss", "found": [found[1].pk, found[2].pk]})
    assert listed(cast) == {found[0].address: True}
    assert PublishedObject.objects.get(kind="address", key=found[0].address).body is not None
    assert "None waits." in ann.get(base).text
    assert found[1].address in ann.get(f"{base}?show=dismissed").text
    ann.post(f"{base}/act", {"act": "take-over", "found": [found[1].pk]})
    assert listed(cast) == {found[0].address: True, found[1].address: False}


def test_all_are_those_that_the_page_has_shown(cast, base, found):
    ann = cast.browser(Role.ADMINISTRATOR)
    shown = {"act": "take-over", "which": "all", "newest": found[1].pk, "q": ""}
    ann.post(f"{base}/act", {**shown, "q": "found1"})
    assert list(listed(cast)) == [found[1].address]
    assert "1 address is on the list now." in ann.post(f"{base}/act", shown, follow=True).text
    assert set(listed(cast)) == {found[0].address, found[1].address}
    assert cast.browser(Role.HELP_DESK).get(base).status_code == 403


def test_a_program_does_the_same(cast, found):
    program, here = program_in_role(cast, Role.ADMINISTRATOR), f"clients/{cast.one.pk}/addresses/found"
    assert [each["address"] for each in program.get(here).json()["items"]] == [each.address for each in found]
    ids = [each.pk for each in found]
    assert program.post(f"{here}/dismiss", {"found": ids[:1]}).json() == {"addresses": 1}
    assert program.post(f"{here}/take-over", {"found": ids[1:]}).json() == {"addresses": 2}
    assert program.post(f"{here}/take-over", {"found": ids[1:]}).json() == {"addresses": 0}
    assert listed(cast) == {each.address: False for each in found[1:]}
    [left] = program.get(f"{here}?is_dismissed=true").json()["items"]
    assert (left["id"], left["is_dismissed"]) == (ids[0], True)


def test_nobody_acts_on_anothers(cast, base, found):
    with scope(client=cast.two):
        other = found_address(proven_domains()[0])
    cast.browser(Role.ADMINISTRATOR).post(f"{base}/act", {"act": "dismiss", "found": [other.pk]})
    program = program_in_role(cast, Role.ADMINISTRATOR)
    where = f"clients/{cast.one.pk}/addresses/found/take-over"
    assert program.post(where, {"found": [other.pk]}).json() == {"addresses": 0}
    with scope(client=cast.two):
        assert FoundAddress.objects.get().dismissed_at is None
