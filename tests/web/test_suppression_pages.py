"""Suppressed recipients on their page and by the API: seen, searched, added, removed, exported."""

from __future__ import annotations

import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.policies.models import PublishedObject
from ecluse.control.policies.services import set_wishes
from ecluse.control.suppression.models import SuppressedRecipient
from ecluse.control.suppression.services import suppress
from ecluse.domain.suppression import SuppressionCause, suppression_key
from ecluse.wire.wishes import Wishes
from tests.control.cast import OPERATOR
from tests.web.programs import program_in_role


@pytest.fixture
def base(cast):
    return f"/clients/{cast.one.pk}/suppressed/"


@pytest.fixture
def gone(cast):
    with scope(client=cast.one):
        return suppress(cast.one, "gone@far.example", SuppressionCause.UNKNOWN, "550 5.1.1 who?", by=OPERATOR)


def test_who_is_on_the_list_is_shown_with_the_reason_and_found(cast, base, gone):
    hal = cast.browser(Role.HELP_DESK)
    page = hal.get(base).text
    assert "gone@far.example" in page
    assert "550 5.1.1 who?" in page
    assert f'action="{base}{gone.pk}/remove"' not in page
    assert "gone@far.example" not in hal.get(f"{base}?q=other").text
    assert hal.post(f"{base}{gone.pk}/remove").status_code == 403


def test_an_administrator_adds_and_removes(cast, base):
    ann = cast.browser(Role.ADMINISTRATOR)
    assert ann.post(f"{base}add", {"recipient": "no address"}).status_code == 200
    ann.post(f"{base}add", {"recipient": "Bob@far.example", "why": "asked us to"})
    row = _only(cast)
    assert (row.recipient, row.why, row.added_by) == ("bob@far.example", "asked us to", "ann@one.example")
    key = suppression_key("One", "bob@far.example")
    assert PublishedObject.objects.get(key=key).body is not None
    ann.post(f"{base}{row.pk}/remove")
    assert PublishedObject.objects.get(key=key).body is None


def _only(cast):
    with scope(client=cast.one):
        return SuppressedRecipient.objects.get()


def test_the_list_is_exported_and_no_cell_is_a_formula(cast, base, gone):
    with scope(client=cast.one):
        suppress(cast.one, "bob@far.example", SuppressionCause.PERSON, "=1+1", by=OPERATOR)
    sheet = cast.browser(Role.ADMINISTRATOR).get(f"{base}export").content.decode("utf-8-sig")
    assert "gone@far.example,unknown,550 5.1.1 who?" in sheet
    assert "'=1+1" in sheet


def test_the_page_says_when_the_client_has_switched_it_off(cast, base):
    ann = cast.browser(Role.ADMINISTRATOR)
    assert "nobody is refused" not in ann.get(base).text
    with scope(client=cast.one):
        set_wishes(cast.one, Wishes(suppress=False), by=OPERATOR)
    assert "nobody is refused" in ann.get(base).text


def test_programs_do_the_same(cast, gone):
    program, here = program_in_role(cast, Role.ADMINISTRATOR), f"clients/{cast.one.pk}/suppressed"
    assert [each["cause"] for each in program.get(here).json()["items"]] == ["unknown"]
    assert program.get(f"{here}?q=other").json()["items"] == []
    made = program.post(here, {"recipient": "Bob@far.example", "why": "asked"})
    assert (made.status_code, made.json()["recipient"]) == (201, "bob@far.example")
    assert program.call("DELETE", f"{here}/{gone.pk}").status_code == 204
    assert [each["recipient"] for each in program.get(here).json()["items"]] == ["bob@far.example"]
