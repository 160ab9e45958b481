"""An invitation goes by mail, once, with a link of its own; the one that was shown is good until one of them is used."""

from __future__ import annotations

import re

import pytest
from django.test import Client as Browser

from ecluse.control.accounts import services
from ecluse.control.accounts.mailed_invitations import mail_invitations
from ecluse.control.accounts.models import Invitation
from ecluse.control.accounts.roles import Role
from ecluse.control.audit.queries import entries
from ecluse.domain.errors import Refused, Unavailable
from ecluse.web.sign_in.invitation_mail import invitation_mail

EMAIL = "newcomer@one.example"
PASSWORD = "a long enough sentence"


def invite(cast, email=EMAIL):
    page = cast.browser(Role.OWNER).post(
        f"/clients/{cast.one.pk}/members/invite", {"email": email, "role": Role.ADMINISTRATOR}
    )
    return re.search(r"http://testserver(/\S+?)<", page.text)[1]


def mailed():
    found = []
    mail_invitations(lambda each: found.append(invitation_mail(each)))
    return found


def link_in(mail):
    return re.search(r"http://testserver(/\S+)", mail.text)[1]


def join(link):
    return Browser().post(link, {"name": "N", "password": PASSWORD, "again": PASSWORD})


def test_it_is_mailed_once_in_the_clients_language(cast):
    shown = invite(cast)
    [mail] = mailed()
    assert mail.recipient == EMAIL
    assert "olive@one.example vous invite chez One." in mail.text
    assert mail.fields == (("Auto-Submitted", "auto-generated"),)
    assert link_in(mail) != shown
    assert mailed() == []
    assert entries(cast.one.pk)[0].action == "member.invitation-mailed"
    page = cast.browser(Role.OWNER).get(f"/clients/{cast.one.pk}/members/").text
    assert re.search(r"mailed \S+ .* UTC", page)


@pytest.mark.parametrize("which", ["shown", "mailed"])
def test_either_link_lets_in_once_for_both(cast, which):
    shown = invite(cast)
    [mail] = mailed()
    links = {"shown": shown, "mailed": link_in(mail)}
    assert all(Browser().get(each).status_code == 200 for each in links.values())
    assert join(links[which]).status_code == 302
    assert all(Browser().get(each).status_code == 404 for each in links.values())


def test_what_no_server_takes_is_tried_again_with_another_link(cast):
    invite(cast)
    refused = []

    def away(each):
        refused.append(invitation_mail(each))
        raise Unavailable("away")

    assert mail_invitations(away) == 0
    [mail] = mailed()
    assert Browser().get(link_in(refused[0])).status_code == 404
    assert Browser().get(link_in(mail)).status_code == 200


def test_what_a_server_refuses_for_good_is_not_tried_again(cast):
    invite(cast)

    def refused(_each):
        raise Refused("550")

    assert mail_invitations(refused) == 0
    assert mailed() == []


def test_what_was_withdrawn_or_made_anew_is_not_mailed(cast):
    invite(cast)
    invite(cast)
    assert len(mailed()) == 1
    invite(cast, "other@one.example")
    row = Invitation.objects.get(email="other@one.example")
    cast.browser(Role.OWNER).post(f"/clients/{cast.one.pk}/members/invitations/{row.pk}/withdraw")
    assert mailed() == []


def test_nobody_fills_strangers_mailboxes_by_us(cast, monkeypatch):
    before = Invitation.objects.filter(client=cast.one).count()
    monkeypatch.setattr(services, "MAILED_A_DAY", before + 2)
    links = [invite(cast, f"x{number}@one.example") for number in range(4)]
    assert len(mailed()) == 2
    assert all(Browser().get(link).status_code == 200 for link in links)
