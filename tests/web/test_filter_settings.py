"""Filter settings: what is shown is what applies, what is saved is published, and only those change it who may."""

from __future__ import annotations

import time
from dataclasses import replace

import msgspec
import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.queries import entries
from ecluse.control.policies import queries
from ecluse.control.policies.models import PublishedObject
from ecluse.control.policies.presets import Preset, preset_of, under
from ecluse.control.policies.services import set_wishes
from ecluse.domain.errors import Unavailable
from ecluse.domain.event import EvidenceEvent
from ecluse.domain.mass import MassAction
from ecluse.domain.person import Person
from ecluse.domain.policy import BANNED_SUFFIXES, Policy, Unscannable
from ecluse.filtering import rejudging
from ecluse.web import backends
from ecluse.web.console.effect_words import UNKNOWN
from ecluse.web.console.filter_form import WishesForm
from ecluse.wire.notations import DomainName, MailAddress, NamedAddress, Network, Suffix
from ecluse.wire.wishes import Wishes
from tests.contract.message_log.contract import DAY_S, outcome, recipient
from tests.control.cast import OPERATOR
from tests.web.addresses import posted


def url(cast, rest=""):
    return f"/clients/{cast.one.pk}/settings/{rest}"


def wishes_of(client):
    with scope(client=client):
        return queries.wishes()


OWN = Wishes(
    filtered=False,
    refuse_at=12.5,
    greylist=True,
    greylist_at=4.5,
    mass_mail=MassAction.TAG,
    weights={"GTUBE": 50.0},
    banned_suffixes=(Suffix("bat"), Suffix("exe")),
    unscannable=Unscannable.HOLD,
    encrypted=Unscannable.DELIVER,
    bare_newlines_from=(Network("192.0.2.0/24"),),
    buffer_rcpt_4xx=True,
    protected_names=(DomainName("bank.example"),),
    trusted_sealers=(),
    executives=(NamedAddress("Ann Lee <ann@home.example>"),),
    report_addresses=(MailAddress("paul@one.example"),),
    spam_reports_to=(MailAddress("paul@one.example"),),
    arc_seal=True,
    log_subjects=True,
    log_days=90,
)


@pytest.mark.parametrize(
    "wishes", [Wishes(), OWN, Wishes(extra_banned_suffixes=(Suffix("docm"),)), under(Preset.STRICT, OWN)]
)
def test_a_form_that_is_sent_as_it_was_shown_changes_nothing(wishes):
    form = WishesForm(posted(wishes), wishes)
    assert form.is_valid(), form.errors
    assert form.wishes(wishes) == wishes


def test_every_wish_stands_in_the_form():
    elsewhere = {"banned_suffixes", "extra_banned_suffixes", "outbound_rules", "sending_limits"}  # Pages of their own.
    assert set(Wishes.__struct_fields__) - elsewhere | {"suffixes"} == set(WishesForm(None, Wishes()).fields)


def test_every_field_stands_on_the_page_once_and_says_what_it_does():
    form = WishesForm(None, Wishes())
    shown = [field.name for _, fields in form.sections for field in fields]
    assert sorted(shown) == sorted(form.fields)
    assert all(field.help_text for field in form.fields.values())


def test_what_an_administrator_saves_is_published_and_in_the_trail(cast):
    browser = cast.browser(Role.ADMINISTRATOR)
    answer = browser.post(url(cast, "save"), {**posted(Wishes()), "refuse_at": "12", "suffixes": "exe, .DOCM"})
    assert answer.status_code == 302
    saved = wishes_of(cast.one)
    assert (saved.refuse_at, saved.banned_suffixes) == (12.0, ("docm", "exe"))
    body = PublishedObject.objects.get(kind="domain", key="one.example").body
    policy = msgspec.msgpack.decode(bytes(body), type=Policy)
    assert (policy.refuse_at, policy.banned_suffixes) == (12.0, {"docm", "exe"})
    entry = entries(cast.one.pk)[0]
    assert (entry.action, entry.actor_name) == ("wishes.set", "ann@one.example")
    assert "in force" not in browser.get(url(cast)).text


def test_who_keeps_our_whole_list_gets_what_we_add_to_it_later(cast):
    whole = f"{BANNED_SUFFIXES} docm"
    cast.browser(Role.ADMINISTRATOR).post(url(cast, "save"), {**posted(Wishes()), "suffixes": whole})
    saved = wishes_of(cast.one)
    assert (saved.banned_suffixes, saved.extra_banned_suffixes) == (None, ("docm",))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("refuse_at", "nan"),
        ("refuse_at", "0"),
        ("refuse_at", ""),
        ("greylist_at", "15"),
        ("mass_mail", "burn"),
        ("log_days", "69"),
        ("log_days", "366"),
        ("encrypted", ""),
        ("suffixes", "exe ../../etc"),
        ("suffixes", " ".join(f"x{number}" for number in range(501))),
        ("protected_names", "bank example"),
        ("protected_names", "a.example\n" * 2 + "\x00"),
        ("bare_newlines_from", "everywhere"),
        ("weights", "NO_SUCH_FINDING = 1"),
        ("weights", "GTUBE = nan"),
        ("weights", "GTUBE = 1001"),
        ("weights", "GTUBE"),
    ],
)
def test_what_cannot_be_meant_is_said_at_its_field_and_not_saved(cast, field, value):
    sent = {**posted(Wishes()), "greylist": "on", field: value}
    answer = cast.browser(Role.ADMINISTRATOR).post(url(cast, "save"), sent)
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {field}
    assert "Nothing was saved" in answer.text
    assert wishes_of(cast.one) == Wishes()


def test_a_preset_fills_the_form_and_saves_nothing(cast):
    with scope(client=cast.one):
        set_wishes(cast.one, Wishes(log_subjects=True), by=OPERATOR)
    browser = cast.browser(Role.ADMINISTRATOR)
    page = browser.get(url(cast, "?preset=strict"))
    shown = page.context["form"].initial
    assert (shown["refuse_at"], shown["greylist"], shown["log_subjects"]) == (11.0, True, True)
    assert "nothing is saved yet" in page.text
    assert preset_of(wishes_of(cast.one)) is Preset.USUAL
    assert browser.get(url(cast, "?preset=none")).status_code == 200


def test_no_two_presets_are_the_same_and_each_is_known_again():
    assert [preset_of(under(each, OWN)) for each in Preset] == list(Preset)
    assert preset_of(OWN) is None


@pytest.mark.parametrize("who", [Role.HELP_DESK, Role.READER, Role.BILLING])
def test_who_may_only_look_sees_the_settings_and_changes_none(cast, who):
    browser = cast.browser(who)
    page = browser.get(url(cast)).text
    assert "<fieldset disabled>" in page
    assert "Save" not in page
    assert browser.post(url(cast, "save"), posted(OWN)).status_code == 403
    assert wishes_of(cast.one) == Wishes()


def test_a_user_does_not_see_them(cast):
    assert cast.browser(Role.USER).get(url(cast)).status_code == 403


def suspect(cast, message_log):
    """A message of 12 points that was delivered, an hour ago."""
    one = recipient("paul@one.example", findings=("DMARC_REJECT: far.example",))
    event = outcome(time.time() - 3_600, one, evidence=EvidenceEvent(), subject="Geheime Sache", client=cast.one.name)
    message_log.append([event])
    return event


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "treated differently: 1 of 2"), ("fr", "traités autrement : 1 sur 2")],
)
def test_the_effect_is_shown_before_anything_is_saved(cast, message_log, language, said):
    event = suspect(cast, message_log)
    browser = cast.browser(Role.ADMINISTRATOR)
    browser.cookies["language"] = language
    page = browser.post(url(cast, "try"), {**posted(Wishes()), "refuse_at": "11"})
    assert said in " ".join(page.text.split())
    assert f"log/{event.id}" in page.text
    assert "Geheime" not in page.text
    assert 'value="11"' in page.text
    assert wishes_of(cast.one) == Wishes()


def test_what_cannot_be_known_is_said(cast, message_log):
    suspect(cast, message_log)
    sent = {**posted(Wishes()), "greylist": "on"}
    page = cast.browser(Role.ADMINISTRATOR).post(url(cast, "try"), sent).text
    assert "differently: 0 of 2" in " ".join(page.split())
    assert "would have come again cannot be known" in page
    assert "nothing was kept of why" in page


def test_every_reason_has_its_words():
    reasons = {reason for reason, _ in rejudging.UNREPEATABLE}
    assert reasons | {
        rejudging.NO_EVIDENCE,
        rejudging.NO_POLICY,
        rejudging.NOT_PUBLISHED,
        rejudging.OTHER_RELEASE,
    } == set(UNKNOWN)


def test_without_mail_there_is_no_effect_to_show(cast, message_log):
    message_log.purge(time.time())
    page = cast.browser(Role.ADMINISTRATOR).post(url(cast, "try"), posted(Wishes())).text
    assert "no effect to show" in page


def test_a_fault_is_said_instead_of_an_effect(cast):
    page = cast.browser(Role.ADMINISTRATOR).post(url(cast, "try"), {**posted(Wishes()), "refuse_at": "x"})
    assert page.context["form"].errors.keys() == {"refuse_at"}
    assert "effect" not in page.context


def test_a_log_that_is_away_keeps_nobody_from_saving(cast):
    class Away:
        def search(self, *_):
            raise Unavailable("away")

        figures = search

    backends.hand_over(replace(backends.backends(), open_log=Away))
    browser = cast.browser(Role.ADMINISTRATOR)
    page = browser.post(url(cast, "try"), posted(Wishes()))
    assert page.status_code == 503
    assert "You may save all the same" in page.text
    kept = msgspec.structs.replace(OWN, log_days=365)
    assert browser.post(url(cast, "save"), posted(kept)).status_code == 302
    assert wishes_of(cast.one) == kept
    # But from saving what deletes something: nobody could say what.
    page = browser.post(url(cast, "save"), posted(OWN))
    assert (page.status_code, "Nothing was saved" in page.text, wishes_of(cast.one) == kept) == (503, True, True)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "What would be deleted for ever"), ("fr", "supprimé définitivement")]
)
def test_fewer_days_of_the_log_are_saved_only_after_it_was_said_what_goes(cast, message_log, language, said):
    now = time.time()
    ages = (69, 71, 80, 300, 366)
    message_log.append([outcome(now - days * DAY_S, client=name) for days in ages for name in ("One", "Two")])
    browser = cast.browser(Role.ADMINISTRATOR)
    browser.cookies["language"] = language
    shorter = posted(Wishes(log_days=70))
    for page in (browser.post(url(cast, "save"), shorter), browser.post(url(cast, "try"), shorter)):
        assert said in page.text
        assert page.context["shortening"].copies == 3
        assert page.text.count('form="settings"') == 1
    assert browser.post(url(cast, "save"), {**shorter, "shortens": "71"}).status_code == 200
    assert wishes_of(cast.one) == Wishes()
    assert browser.post(url(cast, "save"), {**shorter, "shortens": "70"}).status_code == 302
    assert (wishes_of(cast.one).log_days, wishes_of(cast.two).log_days) == (70, 365)
    [entry] = entries(cast.one.pk)[:1]
    assert (entry.action, entry.after) == ("wishes.set", {"log_days": 70})
    policy = msgspec.msgpack.decode(
        bytes(PublishedObject.objects.get(kind="domain", key="one.example").body), type=Policy
    )
    assert policy.log_days == 70
    # More days need no word, and bring nothing back.
    assert browser.post(url(cast, "save"), posted(Wishes())).status_code == 302


def test_who_may_change_nothing_tries_nothing(cast):
    assert cast.browser(Role.HELP_DESK).post(url(cast, "try"), posted(OWN)).status_code == 403


def test_executives_reach_nodes_as_people_and_go_again(cast):
    browser = cast.browser(Role.ADMINISTRATOR)
    lines = "Ann Lee <Ann@home.example>\nLee Ann <ann@one.example>\nZoé Roy <zoe@one.example>"
    assert browser.post(url(cast, "save"), {**posted(Wishes()), "executives": lines}).status_code == 302
    rows = {each.key: each.body for each in PublishedObject.objects.filter(kind="person")}
    person = msgspec.msgpack.decode(bytes(rows["One/ann lee"]), type=Person)
    assert person == Person("One", "ann lee", frozenset({"ann@home.example", "ann@one.example"}), is_executive=True)
    assert set(rows) == {"One/ann lee", "One/roy zoe"}
    assert "Zo" in str(entries(cast.one.pk)[0].after["executives"])
    browser.post(url(cast, "save"), {**posted(Wishes()), "executives": "Zoé Roy <zoe@one.example>"})
    assert PublishedObject.objects.get(kind="person", key="One/ann lee").body is None
    assert PublishedObject.objects.get(kind="person", key="One/roy zoe").body is not None


@pytest.mark.parametrize(
    "line", ["Anne <a@one.example>", "Service Clients <a@one.example>", "Ann Lee", "ann@one.example"]
)
def test_who_is_no_person_is_said(cast, line):
    page = cast.browser(Role.ADMINISTRATOR).post(url(cast, "save"), {**posted(Wishes()), "executives": line}).text
    assert "This is not written as it should be" in page


def test_reports_come_to_addresses_of_ones_own_alone(cast):
    browser = cast.browser(Role.ADMINISTRATOR)
    for foreign in ("paul@two.example", "nobody@one.example"):
        for field in ("report_addresses", "spam_reports_to", "ham_reports_to"):
            page = browser.post(url(cast, "save"), {**posted(Wishes()), field: foreign}).text
            assert f"This is no address of yours: {foreign}" in page
    assert wishes_of(cast.one) == Wishes()
    both = dict.fromkeys(("spam_reports_to", "ham_reports_to"), "paul@one.example")
    assert "hears of spam already" in browser.post(url(cast, "save"), {**posted(Wishes()), **both}).text
    assert (
        browser.post(url(cast, "save"), {**posted(Wishes()), "report_addresses": "Paul@One.example"}).status_code == 302
    )
    body = PublishedObject.objects.get(kind="domain", key="one.example").body
    assert msgspec.msgpack.decode(bytes(body), type=Policy).report_addresses == {"paul@one.example"}
    browser.post(url(cast, "save"), {**posted(Wishes()), "spam_reports_to": "Paul@One.example"})
    body = PublishedObject.objects.get(kind="domain", key="one.example").body
    assert msgspec.msgpack.decode(bytes(body), type=Policy).spam_reports_to == {"paul@one.example"}
