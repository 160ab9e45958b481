"""Where letters about a client's service go besides, as both sides and their programs name it (3-18, 16-2)."""

from __future__ import annotations

import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.queries import entries
from ecluse.control.contracts.notice_address import notice_address
from tests.web.programs import program_in_role

SIDES = {Role.OWNER: "contract/letters", Role.BILLING: "service/letters"}


def known(cast):
    with scope(client=cast.one):
        return notice_address()


@pytest.mark.parametrize("who", SIDES)
def test_both_sides_name_it_and_are_warned_where_it_is_behind_us(cast, who):
    page, browser = f"/clients/{cast.one.pk}/{SIDES[who]}", cast.browser(who)
    cases = [
        ("boss@far.example", "Saved.", "boss@far.example"),
        ("boss", "not written as it should be", "boss@far.example"),
        ("éva@far.example", "Not every mail server takes", "boss@far.example"),
        ("Ann@ONE.example", "comes through us", "Ann@one.example"),
        ("ann@écluse.example", "Saved.", "ann@xn--cluse-9ra.example"),
        (" ", "Saved.", ""),
    ]
    for address, said, kept in cases:
        answer = browser.post(page, {"address": address}, follow=True)
        assert (said in answer.text, known(cast)) == (True, kept), address
        assert ("comes through us" in browser.get(page).text) == ("one.example" in kept)
    trail = [each.after for each in entries(cast.one.pk) if each.action == "client.notice-address-set"]
    assert trail[:2] == [{"address": ""}, {"address": "ann@xn--cluse-9ra.example"}]
    start = f"/clients/{cast.one.pk}/" + ("contract/" if who is Role.OWNER else "service/contracts/")
    assert page in browser.get(start).text


def test_programs_name_it_too(cast):
    where = f"clients/{cast.one.pk}/notice-address"
    for role in (Role.OWNER, Role.BILLING):
        program = program_in_role(cast, role)
        named = program.call("PUT", where, {"address": "Boss@ONE.example"}).json()
        assert named == program.get(where).json() == {"address": "Boss@one.example", "is_behind_us": True}
        for bad in ("boss", "éva@far.example", "a@b.example\n"):
            answer = program.call("PUT", where, {"address": bad})
            assert (answer.status_code, answer.json()["errors"][0]["where"]) == (422, "body.address"), bad
        assert program.call("PUT", where, {"address": ""}).json() == {"address": "", "is_behind_us": False}
    assert program_in_role(cast, Role.ADMINISTRATOR).get(where).status_code == 403
