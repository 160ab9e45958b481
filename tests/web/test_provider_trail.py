"""The provider's own audit trail as a page, and what waits for nodes that are away."""

from __future__ import annotations

from datetime import date

import pytest
from django_scopes import scope

from ecluse.control.abuse.cases import CaseKind, open_case
from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.billing.books import FinancialYear, close_year
from ecluse.control.mail.models import NodeOrder
from ecluse.control.privacy import requisitions
from tests.control.cast import OPERATOR
from tests.web.programs import program_in_role
from tests.web.things import demand, held, tell_node

PAGE = "/provider/audit/"


@pytest.fixture
def acts(cast):
    """One that its handlers see, one that the owners see alone, one of money, one of a client's."""
    open_case(None, CaseKind.OTHER, "far.example", by=OPERATOR)
    requisitions.enter(cast.one, demand(cast.one), by=OPERATOR)
    year = FinancialYear.objects.create(first=date(2020, 1, 1), last=date(2020, 12, 31))
    close_year(year, by=OPERATOR)


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (Role.PROVIDER_OWNER, {"case.opened", "requisition.entered", "financial-year.closed"}),
        (Role.OPERATOR, {"case.opened"}),
        (Role.SUPPORT, {"case.opened"}),
    ],
)
def test_each_of_the_providers_people_sees_what_his_role_may(cast, acts, role, seen):
    browser, them = cast.browser(role), {"case.opened", "requisition.entered", "financial-year.closed"}
    for path in ("", "export"):
        shown = browser.get(PAGE + path).content.decode()
        assert {each for each in them if each in shown} == seen
        assert "domain.added" not in shown
    assert "case.opened" not in browser.get(f"{PAGE}?q=nobody").text


def test_the_chain_is_verified_and_a_forged_entry_is_found(cast, acts):
    boss, program = cast.browser(Role.PROVIDER_OWNER), program_in_role(cast, Role.PROVIDER_OWNER)
    assert program.get("audit/verification").json()["faults"] == []
    assert "entries are as they were written" in boss.post(f"{PAGE}verify", follow=True).text
    last = Entry.objects.order_by("-number").first()
    assert bytes(last.hash).hex() in boss.get(PAGE).text
    Entry.objects.filter(number=last.number - 1).update(subject="case:666")
    told = boss.post(f"{PAGE}verify", follow=True).text
    assert f"Entry {last.number - 1}: changed since it was written" in told
    found = program.get("audit/verification").json()
    assert found["faults"][0] == {"number": last.number - 1, "reason": "changed since it was written"}
    assert (found["looked_at"] > 3, found["number"], found["hash"]) == (True, last.number, bytes(last.hash).hex())
    assert cast.browser(Role.BILLING).post(f"{PAGE}verify").status_code == 403
    assert program_in_role(cast, Role.BILLING).get("audit/verification").status_code == 403


def test_orders_wait_on_the_page_while_their_node_is_away(cast):
    reader = cast.browser(Role.READER)
    assert "No order waits" in reader.get("/provider/orders/").text
    with scope(client=cast.one):
        copy, order = held(cast.one)
        NodeOrder.objects.filter(pk=order.pk).update(expires=order.ordered_at + 3_600, node="mx1.provider.example")
    page = reader.get("/provider/orders/").text
    assert "Send up a held message" in page
    assert f"/clients/{cast.one.pk}/log/{copy.message_id}" in page
    assert "No order waits" in reader.get("/provider/orders/?node=mx2.provider.example").text
    tell_node(age_s=3_600)
    assert "/provider/orders/?node=mx1.provider.example" in reader.get("/provider/nodes/mx1.provider.example/").text
    tell_node()
    assert "No order waits" in reader.get("/provider/orders/").text
