"""A provider's person acts for a client: with a reason, a banner and a trace; content he sees by consent alone (14-2, 14-3)."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.utils import timezone
from django_scopes import scope

from ecluse.control.accounts import break_glass
from ecluse.control.accounts.break_glass import ACTING_LASTS, CONSENT_WAITS, SEEING_LASTS, BreakGlass
from ecluse.control.accounts.models import Membership
from ecluse.control.accounts.roles import CLIENT_ROLES, Permission, Role
from ecluse.control.audit.queries import entries
from ecluse.control.tenants.queries import proven_domains
from ecluse.control.tenants.services import add_address
from tests.control.cast import OPERATOR
from tests.web.programs import program_in_role
from tests.web.things import things_of

REASON = "Ann asked by phone, ticket 12"
BREAKERS = (Role.PROVIDER_OWNER, Role.OPERATOR, Role.SUPPORT)


@pytest.fixture
def here(cast):
    return f"/clients/{cast.one.pk}"


def ask(browser, here, *, content=False):
    return browser.post(f"{here}/break-glass/ask", {"reason": REASON} | ({"wants_content": "on"} if content else {}))


def consent(cast, here, who=Role.ADMINISTRATOR):
    return cast.browser(who).post(f"{here}/break-glass/{BreakGlass.objects.latest('pk').pk}/consent")


def is_seen(browser, here, things):
    """Whether the content of a held message is; not whether there is one."""
    return browser.get(f"{here}/quarantine/{things['copy_id']}/content/{things['order_id']}").status_code == 200


def acts(cast):
    return list(entries(cast.one.pk).values_list("action", flat=True))


def test_support_does_an_administrators_work_with_a_reason_a_banner_and_a_trace(cast, here):
    sue = cast.browser(Role.SUPPORT)
    assert sue.get(f"{here}/lists/add").status_code == 403
    ask(sue, here)
    assert "everything is recorded" in sue.get(f"{here}/domains/").text
    sue.post(f"{here}/lists/add", {"kind": "block", "entry": "spam.example"})
    entry = entries(cast.one.pk)[0]
    assert (entry.actor_name, entry.on_behalf_of) == ("sue@provider.example", f"One: {REASON}")
    assert acts(cast)[1] == "break-glass.opened"
    page = cast.browser(Role.OWNER).get(f"{here}/").text
    assert REASON in page
    assert "acts for you until" in page


@pytest.mark.parametrize("who", BREAKERS)
def test_content_is_seen_by_consent_alone_and_for_a_time(cast, here, who):
    browser, things = cast.browser(who), things_of(cast.one)
    ask(browser, here)
    assert not is_seen(browser, here, things)
    ask(browser, here, content=True)
    assert not is_seen(browser, here, things)
    assert "asks to see content" in cast.browser(Role.OWNER).get(f"{here}/").text
    consent(cast, here)
    assert is_seen(browser, here, things)
    assert "You see content" in browser.get(f"{here}/").text
    assert acts(cast)[0] == "break-glass.consented"
    with time_machine.travel(dt.datetime.now(dt.UTC) + SEEING_LASTS + dt.timedelta(seconds=1)):
        assert not is_seen(browser, here, things)


@pytest.mark.parametrize("who", [*BREAKERS, Role.READER, Role.RESELLER, Role.HELP_DESK, Role.USER, "stranger"])
def test_only_the_clients_own_administrators_consent(cast, here, who):
    ask(cast.browser(Role.SUPPORT), here, content=True)
    assert consent(cast, here, who).status_code in {403, 404}
    ask(cast.browser(Role.OPERATOR), here)  # Nor who acts for them.
    assert consent(cast, here, Role.OPERATOR).status_code in {403, 404}
    assert not BreakGlass.objects.filter(wants_content=True, opened_at__isnull=False).exists()


@pytest.mark.parametrize("who", [*CLIENT_ROLES, Role.READER, Role.BILLING, "stranger", "nobody"])
def test_nobody_else_breaks_glass(cast, here, who):
    assert ask(cast.browser(who), here).status_code in {403, 404}
    user = cast.people[who]
    with pytest.raises(break_glass.NotOfTheProvider):
        break_glass.ask(user, cast.one, REASON, wants_content=False, by=OPERATOR)
    assert not BreakGlass.objects.exists()


@pytest.mark.parametrize("reason", ["", "  ", "because", "x" * 201])
def test_without_a_reason_nothing_opens(cast, here, reason):
    page = cast.browser(Role.SUPPORT).post(f"{here}/break-glass/ask", {"reason": reason})
    assert page.status_code == 200
    assert not BreakGlass.objects.exists()


def test_it_is_open_at_one_client_for_one_person_and_lends_no_people_and_no_release(cast, here):
    sue = cast.browser(Role.SUPPORT)
    ask(sue, here, content=True)
    consent(cast, here)
    assert sue.get(f"/clients/{cast.two.pk}/lists/add").status_code == 403
    assert cast.browser(Role.READER).get(f"{here}/lists/add").status_code == 403
    for page in ("members/invite", "quarantine/act"):
        assert sue.post(f"{here}/{page}").status_code == 403
    lent = break_glass.lent(BreakGlass.objects.get())
    assert not lent & {Permission.RELEASE, Permission.CHANGE_MEMBERS, Permission.CHANGE_PROGRAMS, Permission.CONSENT}


def test_a_program_of_his_sees_no_more_for_it(cast, here):
    things = things_of(cast.one)
    program = program_in_role(cast, Role.SUPPORT)
    ask(cast.browser(Role.SUPPORT), here, content=True)
    consent(cast, here)
    path = f"clients/{cast.one.pk}/quarantine/{things['copy_id']}/previews/{things['order_id']}"
    assert program.get(path).status_code == 403


@pytest.mark.parametrize("who", [Role.SUPPORT, Role.OWNER, Role.ADMINISTRATOR])
def test_either_side_ends_it(cast, here, who):
    sue = cast.browser(Role.SUPPORT)
    ask(sue, here)
    glass = BreakGlass.objects.get()
    assert cast.browser(Role.OPERATOR).post(f"{here}/break-glass/{glass.pk}/end").status_code == 403
    cast.browser(who).post(f"{here}/break-glass/{glass.pk}/end")
    assert acts(cast)[0] == "break-glass.ended"
    assert sue.get(f"{here}/lists/add").status_code == 403
    assert cast.browser(who).post(f"{here}/break-glass/{glass.pk}/end").status_code == 404


def test_who_leaves_the_provider_leaves_it_behind(cast, here):
    sue = cast.browser(Role.SUPPORT)
    ask(sue, here)
    Membership.objects.filter(user=cast.people[Role.SUPPORT]).delete()
    assert sue.get(f"{here}/").status_code == 404


def test_what_was_declined_or_waited_too_long_is_not_consented_to(cast, here):
    ask(cast.browser(Role.SUPPORT), here, content=True)
    glass = BreakGlass.objects.get()
    with time_machine.travel(dt.datetime.now(dt.UTC) + CONSENT_WAITS), pytest.raises(break_glass.NotWaiting):
        break_glass.consent(glass, by=OPERATOR)
    break_glass.end(glass, by=OPERATOR)
    with pytest.raises(break_glass.NotWaiting):
        break_glass.consent(glass, by=OPERATOR)


def test_its_end_by_time_is_recorded_once(cast, here):
    ask(cast.browser(Role.SUPPORT), here)
    assert break_glass.end_overdue(timezone.now()) == 0
    later = timezone.now() + ACTING_LASTS
    assert [break_glass.end_overdue(later), break_glass.end_overdue(later)] == [1, 0]
    entry = entries(cast.one.pk)[0]
    assert (entry.action, entry.actor_kind) == ("break-glass.ended", "job")


def as_(cast, role, *, content=False):
    membership = Membership.objects.get(user=cast.people[role], client=cast.one)
    return {"reason": REASON, "acts_as": membership.pk} | ({"wants_content": "on"} if content else {})


def test_the_console_is_seen_as_the_help_desk_sees_it_and_no_more_is_lent(cast, here):
    sue = cast.browser(Role.SUPPORT)
    sue.post(f"{here}/break-glass/ask", as_(cast, Role.HELP_DESK))
    banner = f"as {cast.people[Role.HELP_DESK].email} does"
    assert banner in sue.get(f"{here}/").text
    for page, status in {"log/": 200, "members/": 200, "lists/add": 403, "audit/": 403, "mine/": 403}.items():
        assert sue.get(f"{here}/{page}").status_code == status, page
    told = entries(cast.one.pk)[0]
    assert (told.actor_name, told.after["as"]) == ("sue@provider.example", cast.people[Role.HELP_DESK].email)
    Membership.objects.filter(user=cast.people[Role.HELP_DESK]).delete()
    assert banner not in sue.get(f"{here}/").text  # Who has left is nobody to be seen as.


def test_a_users_own_pages_are_seen_by_consent_he_reads_it_and_his_word_stays_his(cast, here):
    sue, user, held = cast.browser(Role.SUPPORT), cast.people[Role.USER], things_of(cast.one)
    with scope(client=cast.one):
        add_address(proven_domains()[0], user.email.partition("@")[0], by=OPERATOR)
    page = sue.post(f"{here}/break-glass/ask", as_(cast, Role.USER))
    assert "all is content: ask for consent" in page.text
    sue.post(f"{here}/break-glass/ask", as_(cast, Role.USER, content=True))
    assert sue.get(f"{here}/mine/").status_code == 403
    consent(cast, here)
    assert sue.get(f"{here}/", follow=True).redirect_chain == [(f"{here}/mine/", 302)]
    own = sue.get(f"{here}/mine/log/").text
    assert f"as {user.email} does" in own
    assert sue.get(f"{here}/quarantine/").status_code == 403
    assert "sees these pages as you do" in cast.browser(Role.USER).get(f"{here}/mine/").text
    assert sue.post(f"{here}/mine/act", {"act": "release", "copy": [held["copy_id"]]}).status_code == 403
    assert sue.post(f"{here}/mine/log/{held['message_id']}/object").status_code == 403
    sue.post(f"{here}/mine/senders/", {"kind": "block", "entry": "spam.example"})
    added = entries(cast.one.pk)[0]
    assert (added.action, added.actor_name) == ("list.entry-added", "sue@provider.example")
    assert added.on_behalf_of == f"{user.email}, One: {REASON}"
    glass = BreakGlass.objects.latest("pk")
    sue.post(f"{here}/break-glass/{glass.pk}/end")
    assert sue.get(f"{here}/mine/").status_code == 403


@pytest.mark.parametrize("who", [Role.RESELLER, "stranger", Role.SUPPORT])
def test_nobody_is_seen_as_whom_the_client_does_not_own(cast, here, who):
    membership = Membership.objects.get(user=cast.people[who])
    form = {"reason": REASON, "acts_as": membership.pk, "wants_content": "on"}
    assert cast.browser(Role.OPERATOR).post(f"{here}/break-glass/ask", form).status_code == 200
    with pytest.raises(break_glass.NotOfTheClient):
        break_glass.ask(
            cast.people[Role.OPERATOR], cast.one, REASON, wants_content=True, acts_as=membership, by=OPERATOR
        )
    assert not BreakGlass.objects.exists()
