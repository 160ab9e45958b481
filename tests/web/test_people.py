"""How people get in, what they are asked for, and what is recorded of it."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.test import Client as Browser

from ecluse.control.accounts import queries, services
from ecluse.control.accounts.models import Invitation, Membership, SignInLink, User
from ecluse.control.accounts.roles import GRANTABLE, PERMISSIONS, PROVIDER_SIDE, Permission, Role
from ecluse.control.audit.queries import entries
from ecluse.web.console import members
from ecluse.web.sign_in import joining
from ecluse.web.sign_in.expiry import end_expired
from tests.control.cast import ADMIN, OPERATOR
from tests.web.conftest import signed_in
from tests.web.house import PASSWORD, person

NEW_PASSWORD = "seven swans on a lake"


def acts(client_id):
    return list(entries(client_id).values_list("action", flat=True))


def join(secret, browser=None, **values):
    form = {"name": "New", "password": NEW_PASSWORD, "again": NEW_PASSWORD, **values}
    return (browser or Browser()).post(f"/account/join/{secret}", form)


def sign_in(browser, email, password=PASSWORD, ip="192.0.2.9"):
    return browser.post("/account/login/", {"login": email, "password": password}, REMOTE_ADDR=ip)


# --- Invitations


def test_an_invited_person_chooses_a_password_and_is_in(cast):
    secret = services.invite("New@One.example", Role.HELP_DESK, cast.one, by=OPERATOR, grants=frozenset(Role))
    browser = Browser()
    assert browser.get(f"/account/join/{secret}").status_code == 200
    assert join(secret, browser).status_code == 302
    assert browser.get(f"/clients/{cast.one.pk}/").status_code == 200
    assert acts(cast.one.pk)[:2] == ["session.started", "member.joined"]
    again = Browser()
    assert sign_in(again, "new@one.example", NEW_PASSWORD).status_code == 302


def test_looking_at_an_invitation_uses_nothing_up(cast):
    secret = services.invite("new@one.example", Role.USER, cast.one, by=OPERATOR, grants=frozenset(Role))
    for _ in range(3):
        Browser().get(f"/account/join/{secret}")
    assert queries.find_invitation(secret) is not None


def test_an_invitation_lets_in_once(cast):
    secret = services.invite("new@one.example", Role.USER, cast.one, by=OPERATOR, grants=frozenset(Role))
    join(secret)
    assert join(secret, name="Thief").status_code == 404


def test_an_invitation_expires(cast):
    secret = services.invite("new@one.example", Role.USER, cast.one, by=OPERATOR, grants=frozenset(Role))
    with time_machine.travel(dt.datetime.now(dt.UTC) + services.INVITATION_LASTS + dt.timedelta(seconds=1)):
        assert join(secret).status_code == 404
    assert not User.objects.filter(email="new@one.example").exists()


def test_a_new_invitation_withdraws_the_older_one(cast):
    old = services.invite("new@one.example", Role.OWNER, cast.one, by=OPERATOR, grants=frozenset(Role))
    services.invite("new@one.example", Role.USER, cast.one, by=OPERATOR, grants=frozenset(Role))
    assert join(old).status_code == 404


def test_who_has_an_account_must_sign_in_to_join(cast):
    """Else whoever holds the link would choose a new password for him."""
    secret = services.invite("sam@two.example", Role.USER, cast.one, by=OPERATOR, grants=frozenset(Role))
    join(secret)
    assert not Membership.objects.filter(user=cast.people["stranger"], client=cast.one).exists()
    assert cast.people["stranger"].check_password(PASSWORD)
    cast.browser("nobody").post(f"/account/join/{secret}")
    assert not Membership.objects.filter(user=cast.people["stranger"], client=cast.one).exists()
    cast.browser("stranger").post(f"/account/join/{secret}")
    assert Membership.objects.filter(user=cast.people["stranger"], client=cast.one).exists()


@pytest.mark.parametrize("password", ["short", "one.example-new", "password1234", "123456789012"])
def test_a_weak_password_is_not_taken(cast, password):
    secret = services.invite("new@one.example", Role.USER, cast.one, by=OPERATOR, grants=frozenset(Role))
    if password == "one.example-new":
        page = join(secret, name="one.example-new", password=password, again=password)
    else:
        page = join(secret, password=password, again=password)
    assert page.status_code == 200
    assert not User.objects.filter(email="new@one.example").exists()


def test_nobody_signs_himself_up(cast):
    assert Browser().post("/account/signup/", {"email": "x@y.example", "password1": NEW_PASSWORD}).status_code == 404


# --- Sign-in links


def test_a_sign_in_link_works_once_and_only_by_post(cast):
    secret = services.make_sign_in_link(cast.people[Role.ADMINISTRATOR], by=OPERATOR)
    browser = Browser()
    assert browser.get(f"/account/sign-in/{secret}").status_code == 200
    assert browser.get("/").status_code == 302
    assert browser.get("/").headers["Location"].startswith("/account/login/")
    browser.post(f"/account/sign-in/{secret}")
    assert browser.get(f"/clients/{cast.one.pk}/").status_code == 200
    assert Browser().post(f"/account/sign-in/{secret}").status_code == 404
    assert SignInLink.objects.get().used_at is not None


def test_a_sign_in_link_does_not_replace_the_second_factor(cast):
    secret = services.make_sign_in_link(cast.people[Role.OPERATOR], by=OPERATOR)
    browser = Browser()
    assert "authenticate" in browser.post(f"/account/sign-in/{secret}").headers["Location"]
    assert browser.get("/").status_code == 302


# --- The second factor


def test_the_providers_people_see_nothing_without_a_second_factor(cast):
    user = User.objects.create_user("newop@provider.example", PASSWORD)
    Membership.objects.create(user=user, client=None, role=Role.OPERATOR)
    browser = signed_in(user)
    for page in ("/", f"/clients/{cast.one.pk}/", f"/clients/{cast.one.pk}/audit/"):
        assert browser.get(page).headers["Location"] == "/account/second-factor-needed"
    assert browser.get("/account/second-factor-needed").status_code == 200
    assert browser.get("/account/second-factor/totp/activate/", follow=True).status_code == 200


def test_a_client_may_demand_a_second_factor_of_its_people(cast):
    browser = cast.browser(Role.HELP_DESK)
    assert browser.get(f"/clients/{cast.one.pk}/").status_code == 200
    cast.browser(Role.OWNER).post(f"/clients/{cast.one.pk}/members/second-factor", {"demands": "on"})
    assert browser.get(f"/clients/{cast.one.pk}/").headers["Location"] == "/account/second-factor-needed"
    assert browser.get("/").headers["Location"] == "/account/second-factor-needed"


def test_a_password_alone_leads_to_the_second_factor(cast):
    browser = Browser()
    assert "authenticate" in sign_in(browser, "op@provider.example").headers["Location"]
    assert browser.get("/").headers["Location"].startswith("/account/login/")


# --- Lock-out


def test_who_guesses_is_locked_out_and_the_owner_of_the_name_is_not(cast):
    for _ in range(6):
        sign_in(Browser(), "ann@one.example", "wrong", ip="203.0.113.66")
    assert sign_in(Browser(), "ann@one.example", ip="203.0.113.66").status_code == 429
    assert sign_in(Browser(), "ann@one.example", ip="192.0.2.1").status_code == 302


# --- Sessions and the trail


def test_sign_in_and_sign_out_are_recorded_with_their_addresses(cast):
    browser = Browser()
    sign_in(browser, "ann@one.example", ip="192.0.2.77")
    browser.post("/account/logout/", REMOTE_ADDR="192.0.2.78")
    found = [(each.action, each.actor_name, each.ip) for each in entries(cast.one.pk)[:2]]
    assert found == [
        ("session.ended", "ann@one.example", "192.0.2.78"),
        ("session.started", "ann@one.example", "192.0.2.77"),
    ]


def test_a_session_that_time_ends_is_recorded_once_and_one_that_was_left_is_not(cast):
    """The duration of use is to be provable (4-6)."""
    left, stayed = Browser(), Browser()
    sign_in(left, "ann@one.example")
    left.post("/account/logout/")
    sign_in(stayed, "ann@one.example")
    now = dt.datetime.now(dt.UTC)
    assert end_expired(now) == 0
    later = now + dt.timedelta(days=30)
    assert [end_expired(later), end_expired(later)] == [1, 0]
    entry = entries(cast.one.pk)[0]
    assert (entry.action, entry.actor_kind, entry.subject) == (
        "session.expired",
        "job",
        f"user:{cast.people[Role.ADMINISTRATOR].pk}",
    )
    assert entry.after["started"] <= entry.after["seen"]


def test_a_new_sign_in_forgets_no_end(cast):
    """allauth throws away the rows of sessions that are over."""
    sign_in(Browser(), "ann@one.example")
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=30)):
        sign_in(Browser(), "ann@one.example")
    assert acts(cast.one.pk)[:3] == ["session.started", "session.expired", "session.started"]


def test_a_session_can_be_ended_from_another_and_not_by_somebody_else(cast):
    far, near = Browser(), Browser()
    sign_in(far, "ann@one.example")
    session = UserSession.objects.get(user=cast.people[Role.ADMINISTRATOR])
    sign_in(near, "ann@one.example")
    assert cast.browser("stranger").post(f"/account/sessions/{session.pk}/end").status_code == 404
    assert far.get(f"/clients/{cast.one.pk}/").status_code == 200
    near.post(f"/account/sessions/{session.pk}/end")
    assert far.get(f"/clients/{cast.one.pk}/").status_code == 302
    assert "session.revoked" in acts(cast.one.pk)


def test_signing_in_gives_a_new_session_key(cast):
    """Session fixation."""
    browser = Browser()
    browser.get("/account/login/")
    session = browser.session
    session["planted"] = "yes"
    session.save()
    browser.cookies["session"] = session.session_key
    sign_in(browser, "ann@one.example")
    assert browser.cookies["session"].value != session.session_key


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_sign_in_never_leads_to_another_site(cast, target):
    answer = Browser().post(
        "/account/login/?next=" + target, {"login": "ann@one.example", "password": PASSWORD, "next": target}
    )
    assert answer.headers["Location"].startswith("/")
    assert "evil" not in answer.headers["Location"]


# --- Who may do what


def test_every_role_has_its_row_and_staff_sees_no_content():
    assert set(PERMISSIONS) == set(Role)
    for role in (
        Role.PROVIDER_OWNER,
        Role.OPERATOR,
        Role.SUPPORT,
        Role.BILLING,
        Role.READER,
        Role.RESELLER,
        Role.HELP_DESK,
    ):
        assert not PERMISSIONS[role] & {Permission.SEE_CONTENT, Permission.RELEASE}, role


def test_who_lets_in_somebody_that_may_more_is_of_the_providers_side_and_becomes_none_of_those():
    above = {(role, other) for role, others in GRANTABLE.items() for other in others if not is_within(other, role)}
    assert {role for role, _ in above} <= PROVIDER_SIDE
    assert not {other for _, other in above} & PROVIDER_SIDE
    assert all(Permission.CHANGE_MEMBERS in PERMISSIONS[role] for role in GRANTABLE)


def is_within(role, other):
    return PERMISSIONS[role] <= PERMISSIONS[other]


def test_nobody_changes_his_own_role(cast):
    """A reseller may make owners, and owners see content: not himself (14-2)."""
    for who in (Role.RESELLER, Role.OWNER):
        own = Membership.objects.get(user=cast.people[who])
        cast.browser(who).post(f"/clients/{cast.one.pk}/members/{own.pk}/role", {"role": "administrator"})
        own.refresh_from_db()
        assert own.role == who
    page = cast.browser(Role.OWNER).get(f"/clients/{cast.one.pk}/members/").text
    assert "Role of ann@one.example" in page
    assert "Role of olive@one.example" not in page


@pytest.mark.parametrize("who", [Role.PROVIDER_OWNER, Role.OPERATOR, Role.RESELLER, Role.OWNER])
def test_nobody_invites_himself(cast, who):
    email = cast.people[who].email
    page = cast.browser(who).post(f"/clients/{cast.one.pk}/members/invite", {"email": email.upper(), "role": "owner"})
    assert "Nobody lets himself in" in page.text
    assert not queries.open_invitations(cast.one).exists()


@pytest.mark.parametrize("who", [Role.PROVIDER_OWNER, Role.OPERATOR, Role.READER, Role.RESELLER])
@pytest.mark.parametrize("role", [Role.OWNER, Role.USER])
def test_the_providers_side_becomes_none_of_a_clients_own_people(cast, who, role):
    secret = services.invite(cast.people[who].email, role, cast.one, by=ADMIN, grants=frozenset(Role))
    page = cast.browser(who).post(f"/account/join/{secret}", follow=True)
    assert "sees no content" in page.text
    assert not Membership.objects.filter(user=cast.people[who], role=role).exists()
    assert queries.find_invitation(secret) is not None


@pytest.mark.parametrize(("client", "role"), [(None, Role.OPERATOR), ("one", Role.RESELLER)])
def test_nor_do_a_clients_own_people_come_to_the_providers_side(cast, client, role):
    """The order in which somebody becomes both makes no difference."""
    secret = services.invite("sam@two.example", role, client and cast.one, by=ADMIN, grants=frozenset(Role))
    page = cast.browser("stranger").post(f"/account/join/{secret}", follow=True)
    assert "sees no content" in page.text
    assert list(Membership.objects.filter(user=cast.people["stranger"]).values_list("role", flat=True)) == [Role.OWNER]


def test_resellers_make_no_owners_of_each_other(cast):
    other = person("rita@reseller.example", cast.one, Role.RESELLER, second_factor=True)
    theirs = Membership.objects.get(user=other)
    cast.browser(Role.RESELLER).post(f"/clients/{cast.one.pk}/members/{theirs.pk}/role", {"role": "owner"})
    theirs.refresh_from_db()
    assert theirs.role == Role.RESELLER


def test_an_administrator_makes_nobody_an_owner(cast):
    browser = cast.browser(Role.ADMINISTRATOR)
    helper = Membership.objects.get(user=cast.people[Role.HELP_DESK])
    owner = Membership.objects.get(user=cast.people[Role.OWNER])
    assert browser.post(f"/clients/{cast.one.pk}/members/{helper.pk}/role", {"role": "owner"}).status_code == 403
    assert browser.post(f"/clients/{cast.one.pk}/members/{owner.pk}/role", {"role": "user"}).status_code == 403
    page = browser.post(f"/clients/{cast.one.pk}/members/invite", {"email": "x@one.example", "role": "owner"})
    assert page.status_code == 200
    assert not queries.open_invitations(cast.one).filter(email="x@one.example").exists()


def test_the_last_owner_stays(cast):
    browser = cast.browser(Role.OWNER)
    owner = Membership.objects.get(user=cast.people[Role.OWNER])
    browser.post(f"/clients/{cast.one.pk}/members/{owner.pk}/dismiss")
    browser.post(f"/clients/{cast.one.pk}/members/{owner.pk}/role", {"role": "user"})
    owner.refresh_from_db()
    assert owner.role == Role.OWNER


def test_the_last_owner_accepts_nothing_less(cast):
    secret = services.invite("olive@one.example", Role.USER, cast.one, by=OPERATOR, grants=frozenset(Role))
    page = cast.browser(Role.OWNER).post(f"/account/join/{secret}", follow=True)
    assert "Somebody must remain" in page.text
    assert Membership.objects.get(user=cast.people[Role.OWNER]).role == Role.OWNER


def test_an_owners_invitation_is_beyond_an_administrator(cast):
    """Neither withdrawn by him nor replaced by one for less."""
    secret = services.invite("new@one.example", Role.OWNER, cast.one, by=OPERATOR, grants=frozenset(Role))
    invitation = queries.find_invitation(secret)
    browser, members = cast.browser(Role.ADMINISTRATOR), f"/clients/{cast.one.pk}/members"
    assert f"invitations/{invitation.pk}/withdraw" not in browser.get(f"{members}/").text
    browser.post(f"{members}/invitations/{invitation.pk}/withdraw")
    assert "does not reach" in browser.post(f"{members}/invite", {"email": "new@one.example", "role": "user"}).text
    assert queries.find_invitation(secret) == invitation


def test_a_link_that_is_used_twice_at_once_is_no_fault(cast, monkeypatch):
    """Both have found it open; one of them was first."""
    new = services.invite("new@one.example", Role.USER, cast.one, by=OPERATOR, grants=frozenset(Role))
    known = services.invite("sam@two.example", Role.USER, cast.one, by=OPERATOR, grants=frozenset(Role))
    found = {secret: queries.find_invitation(secret) for secret in (new, known)}
    monkeypatch.setattr(joining, "find_invitation", found.__getitem__)
    monkeypatch.setattr(members.queries, "open_invitations", lambda _: Invitation.objects.all())
    Invitation.objects.update(closed_at=dt.datetime.now(dt.UTC))
    assert join(new).status_code == 404
    assert cast.browser("stranger").post(f"/account/join/{known}").status_code == 302
    withdrawing = f"/clients/{cast.one.pk}/members/invitations/{found[new].pk}/withdraw"
    assert "accepted or withdrawn before" in cast.browser(Role.OWNER).post(withdrawing, follow=True).text
    assert not Membership.objects.filter(user=cast.people["stranger"], client=cast.one).exists()


def test_who_is_dismissed_sees_nothing_more(cast):
    browser = cast.browser(Role.HELP_DESK)
    membership = Membership.objects.get(user=cast.people[Role.HELP_DESK])
    cast.browser(Role.OWNER).post(f"/clients/{cast.one.pk}/members/{membership.pk}/dismiss")
    assert browser.get(f"/clients/{cast.one.pk}/").status_code == 404
