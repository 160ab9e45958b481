"""Complaints reach the control plane once and become cases; cases are worked on, each step recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from django_scopes import scope

from ecluse.adapters.controldb.complaints import ControlComplaints
from ecluse.adapters.controldb.database import Database
from ecluse.control.abuse import cases
from ecluse.control.abuse.cases import Case, CaseKind, CaseNote, CaseState, ToldComplaint
from ecluse.control.accounts.models import Membership, User
from ecluse.control.accounts.roles import Role
from ecluse.control.audit.queries import entries
from ecluse.control.tenants import services
from ecluse.domain.complaint import Complaint
from ecluse.domain.errors import Impossible
from ecluse.domain.received_report import ReportMail
from tests.control.cast import OPERATOR, ROUTE, client
from tests.control.test_publications import url

pytestmark = pytest.mark.django_db(transaction=True)
YEAR = timedelta(days=366)


@pytest.fixture
def complaints():
    adapter = ControlComplaints(Database(url()))
    yield adapter
    adapter.close()


def complaint(mail_id="m1", name="One", **more):
    mail = ReportMail(mail_id, name, timezone.now().timestamp(), proven="reporter.example")
    return replace(
        Complaint(mail, "abuse", "one.example", "192.0.2.7", 3, "ann@far.example", "fbl@reporter.example"), **more
    )


def test_a_complaint_is_told_once_and_of_clients_alone(complaints):
    one = client("One")
    assert complaints.add(complaint())
    assert not complaints.add(complaint())
    assert not complaints.add(complaint("m2", "Nobody"))
    with scope(client=one):
        [row] = ToldComplaint.objects.all()
    assert (row.domain, row.source_ip, row.reporter, row.incidents, row.recipient, row.author) == (
        "one.example",
        "192.0.2.7",
        "reporter.example",
        3,
        "ann@far.example",
        "fbl@reporter.example",
    )


def test_it_concerns_whose_domain_it_is_wherever_it_was_sent_to(complaints):
    client("Provider")
    two = client("Two")
    with scope(client=two):
        services.add_domain(two, "two.example", [ROUTE], by=OPERATOR)
    complaints.add(complaint("m1", "Provider", domain="two.example"))
    for number in range(3):
        complaints.add(complaint(f"n{number}", "Provider", domain=f"nobodys{number}.example"))
    cases.sort_complaints()
    assert {each.subject: each.client.name for each in cases.cases()} == {
        "two.example": "Two",
        "Provider": "Provider",
    }


def test_complaints_about_one_domain_make_one_case_until_it_is_closed(complaints):
    one = client("One")
    with scope(client=one):
        services.add_domain(one, "one.example", [ROUTE], by=OPERATOR)
    for mail_id in ("m1", "m2"):
        complaints.add(complaint(mail_id))
    complaints.add(complaint("m3", domain=""))
    assert cases.sort_complaints() == 3
    assert cases.sort_complaints() == 0
    found = {each.subject: len(cases.complaints_of(each)) for each in cases.cases()}
    assert found == {"one.example": 2, "One": 1}
    assert {each.client for each in cases.cases()} == {one}
    cases.close_case(cases.cases(search="one.example").get(), "forged: not ours", by=OPERATOR)
    complaints.add(complaint("m4"))
    cases.sort_complaints()
    assert cases.cases(state="open", search="one.example").count() == 1
    assert cases.cases(search="one.example").count() == 2


def test_each_step_is_recorded_in_the_providers_trail_alone():
    one = client("One")
    before = entries(one.pk).count()
    pia = User.objects.create_user("pia@provider.example", "x")
    Membership.objects.create(user=pia, client=None, role=Role.SUPPORT)
    case = cases.open_case(one, CaseKind.CAMPAIGN, " offers of ink ", by=OPERATOR)
    cases.assign(case, pia, by=OPERATOR)
    cases.note(case, "asked the client", by=OPERATOR)
    cases.close_case(case, "the rule is shipped", by=OPERATOR)
    cases.reopen(case, by=OPERATOR)
    acts = ["reopened", "closed", "noted", "assigned", "opened"]
    assert [each.action for each in entries(None)[:5]] == [f"case.{act}" for act in acts]
    assert "asked" not in str([each.after for each in entries(None)])
    assert entries(one.pk).count() == before
    assert (case.state, case.assignee, case.subject) == (CaseState.OPEN, pia, "offers of ink")


def test_what_cannot_be_done_is_refused():
    one = client("One")
    owner = User.objects.create_user("olive@one.example", "x")
    Membership.objects.create(user=owner, client=one, role=Role.OWNER)
    case = cases.open_case(None, CaseKind.OTHER, "x", by=OPERATOR)
    for act in (
        lambda: cases.open_case(None, CaseKind.OTHER, "  ", by=OPERATOR),
        lambda: cases.note(case, " ", by=OPERATOR),
        lambda: cases.close_case(case, " ", by=OPERATOR),
        lambda: cases.reopen(case, by=OPERATOR),
        lambda: cases.assign(case, owner, by=OPERATOR),
    ):
        with pytest.raises(Impossible):
            act()


def test_two_who_close_at_once_do_it_once():
    case = cases.open_case(None, CaseKind.OTHER, "x", by=OPERATOR)
    seen = Case.objects.get(pk=case.pk)
    cases.close_case(case, "done", by=OPERATOR)
    with pytest.raises(Impossible):
        cases.close_case(seen, "done, too", by=OPERATOR)
    assert Case.objects.get().outcome == "done"


def test_what_was_closed_a_year_ago_and_complaints_as_old_are_forgotten(complaints):
    client("One")
    complaints.add(complaint())
    cases.sort_complaints()
    [case] = cases.cases()
    cases.note(case, "x", by=OPERATOR)
    cases.forget_old(timezone.now() + YEAR)
    assert (cases.cases().count(), cases.complaints_of(case)) == (1, [])
    cases.close_case(case, "done", by=OPERATOR)
    cases.forget_old(timezone.now() + timedelta(days=364))
    assert cases.cases().count() == 1
    cases.forget_old(timezone.now() + YEAR)
    assert (cases.cases().count(), CaseNote.objects.count()) == (0, 0)
