"""Both sides' pages of the SLA, the status page, and the API (articles 9, 10)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.queries import entries
from ecluse.control.billing.models import ComingLine
from ecluse.control.contracts.models import Contract, RefundRequest
from ecluse.control.contracts.states import IN_FORCE
from ecluse.control.mail.models import Objection, ObjectionKind, ObjectionState
from ecluse.control.sla import servers
from ecluse.control.sla.breach_letters import tell_of_breaches
from ecluse.control.sla.downtimes import enter_outage
from ecluse.control.sla.models import BreachLetter, ForceMajeure, ReceivedVirus, ServerOutage, StatusPage, VantagePoint
from ecluse.control.sla.seals import seal_of
from ecluse.control.sla.spans import Span
from ecluse.domain.errors import Refused, Unavailable
from ecluse.domain.incoming import Direction
from ecluse.web.console.breach_mail import breach_mail
from tests.control.cast import OPERATOR
from tests.control.measured import FIRST, SECOND, both_down, points, say
from tests.web.programs import Program, program_in_role
from tests.web.things import breached, invoiced

MAY = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(MAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def breach(cast, clock):
    """Of March (the contract began on the 22nd): an hour, 10 % of a month's price."""
    with scope(client=cast.one):
        yield breached(invoiced(cast.one).contract)


def page(cast, who, path="", **more):
    return cast.browser(who).get(f"/clients/{cast.one.pk}/sla/{path}", **more)


def choose(cast, breach, who=Role.OWNER, **form):
    return cast.browser(who).post(f"/clients/{cast.one.pk}/sla/breaches/{breach.pk}/choose", form, follow=True).text


def test_before_there_are_servers_the_page_says_so(cast):
    assert "No servers are assigned yet" in page(cast, Role.ADMINISTRATOR).text
    assert "Our service" not in cast.browser(Role.ADMINISTRATOR).get(f"/clients/{cast.one.pk}/").text


def test_a_client_sees_how_its_services_are_and_what_months_came_to(cast, breach, clock):
    seen_from = points(2)
    both_down(seen_from, MAY - timedelta(minutes=2), 1)
    for point in seen_from:
        say(point, FIRST, MAY - timedelta(minutes=2), 1, is_missed=False, service=Direction.OUTBOUND)
    told = page(cast, Role.OWNER).text
    assert told.count('text-bg-danger">down') == 3  # Inbound: the service and both servers.
    assert "not measured" in told  # The second server, outbound.
    assert "Without service: 1 min." in told
    assert "Availability, March 2026: what was promised was not kept. Choose until 2026-06-20" in told
    assert FIRST in told
    assert "99." in told
    Contract.objects.filter(pk=breach.contract_id).update(state=IN_FORCE[0])
    overview = cast.browser(Role.ADMINISTRATOR).get(f"/clients/{cast.one.pk}/").text
    for each in ('text-bg-danger">down', "Availability, May 2026", "99.", "Without service: 1 min."):
        assert each in overview


def test_who_may_not_see_bills_sees_no_choice(cast, breach):
    told = page(cast, Role.HELP_DESK).text
    assert "March 2026" in told
    assert "Look at the choice" not in told
    assert page(cast, Role.HELP_DESK, f"breaches/{breach.pk}/").status_code == 403


def test_a_month_is_shown_with_what_it_was_computed_of(cast, breach):
    told = page(cast, Role.ADMINISTRATOR, f"months/{breach.closing_id}/").text
    assert "60 min" in told
    assert "nothing differs" in told
    assert breach.closing.seal in told
    kept = json.loads(page(cast, Role.ADMINISTRATOR, f"months/{breach.closing_id}/?as=json").content)
    assert (
        seal_of(kept["previous"], kept["client"], f"{kept['month']}-01", kept["inputs"], kept["figures"])
        == kept["seal"]
    )


def test_a_closing_that_was_changed_says_so(cast, breach):
    row = breach.closing
    row.figures["down_s"] = 0
    row.save()
    assert "not as it was made" in page(cast, Role.OWNER, f"months/{row.pk}/").text


def test_the_provider_sees_a_month_beside_what_its_sources_give_today(cast, breach, clock):
    url = f"/clients/{cast.one.pk}/service/months/{breach.closing_id}/"
    assert cast.browser(Role.OWNER).get(url).status_code == 404
    assert "Beside its sources" not in page(cast, Role.OWNER, f"months/{breach.closing_id}/").text
    support = cast.browser(Role.SUPPORT)
    assert url in support.get(f"/clients/{cast.one.pk}/sla/months/{breach.closing_id}/").text
    clock.move_to(MAY + timedelta(hours=1))
    assert "Nothing differs" in support.get(url).text
    at = int(datetime(2026, 3, 25, 12, tzinfo=UTC).timestamp())
    enter_outage(FIRST, Direction.INBOUND, Span(at, at + 7 * 60), "seen in a log", by=OPERATOR)
    told = support.get(url).text
    assert "give something else today" in told
    assert "An outage was entered or taken back since" in told
    assert "The client&#x27;s figure" in told
    assert "Your figure" not in told
    clock.move_to(MAY + timedelta(days=400))
    assert "nothing can be compared any more" in cast.browser(Role.SUPPORT).get(url).text


def test_10_6_an_owner_chooses_and_the_credit_comes_with_the_next_invoice(cast, breach, clock):
    offered = page(cast, Role.OWNER, f"breaches/{breach.pk}/").text
    assert "A credit of 1.25 EUR net of tax" in offered  # A tenth of 150.00 / 12.
    assert "I know that mail is no longer served" in offered
    assert "Your choice is recorded" in choose(cast, breach, remedy="credit")
    told = page(cast, Role.OWNER, f"breaches/{breach.pk}/").text
    assert "A credit on the next invoice" in told
    assert "olive@one.example" in told
    assert "cannot be chosen any more" in choose(cast, breach, remedy="credit")
    assert ComingLine.objects.get().net == Decimal("-1.25")
    assert entries(cast.one.pk)[0].action == "sla.remedy-chosen"


@pytest.mark.parametrize("who", [Role.ADMINISTRATOR, Role.HELP_DESK, Role.PROVIDER_OWNER, Role.BILLING, Role.RESELLER])
def test_nobody_else_chooses_for_a_client(cast, breach, who):
    answer = cast.browser(who).post(f"/clients/{cast.one.pk}/sla/breaches/{breach.pk}/choose", {"remedy": "credit"})
    assert answer.status_code == 403
    assert not ComingLine.objects.exists()


def test_10_1_leaving_is_confirmed_by_a_tick(cast, breach):
    Contract.objects.filter(pk=breach.contract_id).update(state="active")
    assert "confirms it" in choose(cast, breach, remedy="terminate")
    assert "confirms it" in choose(cast, breach, remedy="everything")
    assert "Your choice is recorded" in choose(cast, breach, remedy="terminate", agrees="yes")
    assert Contract.objects.get(pk=breach.contract_id).state == "terminated"
    with scope(client=cast.one):
        assert RefundRequest.objects.get().cause == "10-1"
    assert "Refund:" in page(cast, Role.OWNER, f"breaches/{breach.pk}/").text


def test_6_11_after_a_month_the_page_says_so(cast, breach, clock):
    clock.move_to(MAY + timedelta(days=40))
    assert "month in which you could choose is over" in choose(cast, breach, remedy="credit")
    told = page(cast, Role.OWNER, f"breaches/{breach.pk}/").text
    assert "Nothing was chosen until" in told
    assert 'name="remedy"' not in told


def test_a_status_page_is_off_until_wanted_and_its_address_nobodys_guess(cast, breach, client):
    url = f"/clients/{cast.one.pk}/sla/status-page"
    browser = cast.browser(Role.ADMINISTRATOR)
    assert not StatusPage.objects.exists()
    browser.post(url, {"act": "open"})
    token = StatusPage.objects.get().token
    assert f"/status/{token}" in page(cast, Role.ADMINISTRATOR).text
    answer = client.get(f"/status/{token}")
    assert answer.status_code == 200
    assert "One" in answer.text
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert FIRST not in answer.text
    browser.post(url, {"act": "open"})
    assert client.get(f"/status/{token}").status_code == 404
    newer = StatusPage.objects.get().token
    browser.post(url, {"act": "close"})
    assert client.get(f"/status/{newer}").status_code == 404
    program, path = program_in_role(cast, Role.ADMINISTRATOR), f"clients/{cast.one.pk}/sla/status-page"
    assert program.get(path).json() == {"url": None}
    opened = program.call("PUT", path).json()
    assert opened == program.get(path).json()
    assert client.get(opened["url"].removeprefix("http://testserver")).status_code == 200
    assert program.call("DELETE", path).status_code == 204
    assert not StatusPage.objects.exists()


def test_what_was_wrongly_delivered_carried_a_virus(cast):
    with scope(client=cast.one):
        row = Objection.objects.create(
            client=cast.one, message="m", recipient="paul@one.example", received_at=1.0, kind=ObjectionKind.PASSED,
            state=ObjectionState.OPEN, raised_by="ann", raised_at=1.0, opened_at=1.0, evidence={"events": [{}]},
        )  # fmt: skip
    url = f"/clients/{cast.one.pk}/objections/{row.pk}/virus"
    assert cast.browser(Role.SUPPORT).post(url).status_code == 403  # Nobody is both parties.
    path = f"clients/{cast.one.pk}/objections/{row.pk}/virus"
    assert program_in_role(cast, Role.SUPPORT).post(path).status_code == 403
    assert "Saved." in cast.browser(Role.ADMINISTRATOR).post(url, follow=True).text
    with scope(client=cast.one):
        assert ReceivedVirus.objects.get().objection == row
        assert program_in_role(cast, Role.ADMINISTRATOR).post(path).status_code == 409  # Once is enough.
        ReceivedVirus.objects.all().delete()
    assert program_in_role(cast, Role.ADMINISTRATOR).post(path).status_code == 200
    assert "It carried one" in cast.browser(Role.SUPPORT).get(f"/clients/{cast.one.pk}/objections/").text


# The provider's


def test_the_provider_adds_vantage_points_and_gives_them_up(cast):
    browser = cast.browser(Role.OPERATOR)
    told = browser.post("/provider/availability/points/add", {"name": "Paris"}).text
    assert "shown only now" in told
    secret = told.partition('id="secret">')[2].partition("<")[0]
    assert Program(secret).post("probes/results", {"results": []}).status_code == 200
    assert "Paris" in browser.get("/provider/availability/").text
    assert (
        "three vantage points" in browser.post("/provider/availability/points/add", {"name": "Paris"}, follow=True).text
    )
    browser.post(f"/provider/availability/points/{VantagePoint.objects.get().pk}/give-up")
    assert "Paris" not in browser.get("/provider/availability/").text


def test_the_provider_enters_what_no_probe_saw_and_force_majeure(cast, breach):
    browser = cast.browser(Role.PROVIDER_OWNER)
    when = {"start": "2026-05-19T10:00", "end": "2026-05-19T11:00", "reason": "a flood"}
    browser.post("/provider/availability/outages/add", {**when, "server": FIRST, "service": "inbound"})
    browser.post("/provider/availability/force-majeure/add", {**when, "document": "Arrêté du 19 mai"})
    row = ServerOutage.objects.first()
    assert (row.start, row.end - row.start) == (int(datetime(2026, 5, 19, 10, tzinfo=UTC).timestamp()), 3_600)
    told = browser.get("/provider/availability/").text
    assert "Arrêté du 19 mai" in told
    assert "One, March 2026: Availability" in told
    bad = {**when, "end": "2026-05-21T11:00"}
    assert "is over" in browser.post("/provider/availability/force-majeure/add", {**bad, "document": "x"}).text
    browser.post(f"/provider/availability/force-majeure/{ForceMajeure.objects.get().pk}/withdraw")
    assert ForceMajeure.objects.get().withdrawn_at is not None
    again = browser.post(f"/provider/availability/force-majeure/{ForceMajeure.objects.get().pk}/withdraw", follow=True)
    assert "taken back already" in again.text


def test_the_provider_gives_a_client_other_servers(cast):
    browser = cast.browser(Role.OPERATOR)
    url = f"/clients/{cast.one.pk}/service/servers"
    browser.post(url, {"first": FIRST, "second": SECOND})
    with scope(client=cast.one):
        assert servers.pair_now().names == (FIRST, SECOND)
    assert "not the same" in browser.post(url, {"first": FIRST, "second": FIRST}, follow=True).text


# The API


def test_a_program_reads_it(cast, breach):
    program = program_in_role(cast, Role.OWNER)
    told = program.get(f"clients/{cast.one.pk}/sla").json()
    assert told["servers"] == [FIRST, SECOND]
    assert {each["service"]: each["standing"] for each in told["services"]} == {
        "inbound": "unwatched",
        "outbound": "unwatched",
    }
    assert [(each["kind"], each["choose_until"]) for each in told["breaches"]] == [("availability", "2026-06-20")]
    # As on the page: who sees no contract sees no choice either.
    assert program_in_role(cast, Role.ADMINISTRATOR).get(f"clients/{cast.one.pk}/sla").json()["breaches"] == []
    [month] = program.get(f"clients/{cast.one.pk}/sla/months").json()["items"]
    assert (month["broken"], month["figures"]["down_s"]) == (["availability"], 3_600)
    whole = program.get(f"clients/{cast.one.pk}/sla/months/{month['id']}").json()
    assert whole["faults"] == []
    assert seal_of(whole["previous"], cast.one.pk, month["month"], whole["inputs"], month["figures"]) == month["seal"]


# Letters


def test_each_owner_is_told_once_by_mail(cast, breach):
    sent = []
    assert tell_of_breaches(MAY, sent.append) == 1
    assert tell_of_breaches(MAY, sent.append) == 0
    mail = breach_mail(sent[0])
    assert mail.recipient == "olive@one.example"
    assert "March 2026" in mail.subject
    assert f"/clients/{cast.one.pk}/sla/breaches/{breach.pk}/" in mail.text
    assert entries(cast.one.pk)[0].action == "sla.breach-told"


def test_a_mail_server_that_is_away_is_asked_again_and_a_refusal_ends_it(cast, breach):
    def away(_):
        raise Unavailable("away")

    def never(_):
        raise Refused("no such mailbox")

    assert tell_of_breaches(MAY, away) == 0
    assert BreachLetter.objects.get().times == 0
    assert tell_of_breaches(MAY, never) == 0
    assert not BreachLetter.objects.exists()


def test_who_was_killed_while_he_wrote_is_followed_once(cast, breach):
    def killed(_):
        raise KeyboardInterrupt

    for at in (MAY, MAY + timedelta(hours=1)):
        with pytest.raises(KeyboardInterrupt):
            tell_of_breaches(at, killed)
    sent = []
    assert tell_of_breaches(MAY + timedelta(hours=2), sent.append) == 0
    assert sent == []


def test_what_is_chosen_needs_no_letter(cast, breach):
    choose(cast, breach, remedy="credit")
    sent = []
    assert tell_of_breaches(MAY, sent.append) == 0
    assert not BreachLetter.objects.exists()
