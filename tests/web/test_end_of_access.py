"""Whose contract is over is let in no more, or looks on, and is told so; his sessions end (16-3)."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client as Browser
from django.utils import timezone
from django_scopes import scope

from ecluse.control.accounts import after_end
from ecluse.control.accounts.roles import Role
from ecluse.control.audit.queries import entries
from ecluse.control.tenants import services
from ecluse.domain.policy import ServiceState
from ecluse.web.sign_in.expiry import end_of_shut_out
from tests.control.cast import OPERATOR
from tests.web.house import PASSWORD

OVER = "The contract is over"


def signing_in(user):
    browser = Browser(headers={"accept-language": "en"})
    answer = browser.post("/account/login/", {"login": user.email, "password": PASSWORD}, follow=True)
    return browser, answer


def end(cast):
    with scope(client=cast.one):
        services.set_state(cast.one, ServiceState.ENDED, by=OPERATOR)


@pytest.fixture
def over(cast):
    end(cast)


@pytest.mark.usefixtures("over")
@pytest.mark.parametrize("who", [Role.HELP_DESK, Role.USER])
def test_16_3_who_does_not_run_the_client_cannot_sign_in_and_is_told_why(cast, who):
    browser, answer = signing_in(cast.people[who])
    assert answer.status_code == 403
    assert OVER in answer.text
    assert browser.get(f"/clients/{cast.one.pk}/").status_code == 302


@pytest.mark.usefixtures("over")
def test_15_5_its_owner_signs_in_looks_on_and_changes_nothing(cast):
    browser, answer = signing_in(cast.people[Role.OWNER])
    assert answer.status_code == 200
    assert "nothing can be changed here" in answer.text
    for path in ("log/", "audit/", "invoices/", "contract/"):
        assert browser.get(f"/clients/{cast.one.pk}/{path}").status_code == 200, path
    assert browser.post(f"/clients/{cast.one.pk}/addresses/add", {"address": "x@one.example"}).status_code == 403


def test_16_3_after_ninety_days_an_owner_finds_contract_and_invoices_alone(cast):
    since = timezone.now() - after_end.LOOKED_AT
    end(cast)
    type(cast.one).objects.filter(pk=cast.one.pk).update(state_since=since)
    browser, answer = signing_in(cast.people[Role.OWNER])
    assert answer.redirect_chain[-1][0] == f"/clients/{cast.one.pk}/contract/"
    assert browser.get(f"/clients/{cast.one.pk}/log/").status_code == 403
    assert OVER in signing_in(cast.people[Role.ADMINISTRATOR])[1].text


def test_16_3_open_sessions_of_others_see_nothing_at_once_and_end(cast):
    browser, answer = signing_in(cast.people[Role.HELP_DESK])
    assert answer.status_code == 200
    end(cast)
    answer = browser.get(f"/clients/{cast.one.pk}/")
    assert (answer.status_code, OVER in answer.text) == (403, True)
    assert UserSession.objects.filter(user=cast.people[Role.HELP_DESK]).exists()
    assert end_of_shut_out() == 1
    assert not UserSession.objects.filter(user=cast.people[Role.HELP_DESK]).exists()
    assert browser.get(f"/clients/{cast.one.pk}/").status_code == 302
    assert "session.revoked" in {each.action for each in entries(cast.one.pk)}


@pytest.mark.usefixtures("over")
def test_the_providers_people_and_other_clients_come_in_as_before(cast):
    assert cast.browser(Role.OPERATOR).get(f"/clients/{cast.one.pk}/").status_code == 200
    assert signing_in(cast.people["stranger"])[1].status_code == 200
