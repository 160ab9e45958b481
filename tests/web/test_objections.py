"""Wrong verdicts between two parties: who says so, who answers, what counts, and the evidence that is frozen with it."""

from __future__ import annotations

import csv
import io
import time

import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.queries import entries
from ecluse.control.mail import objections
from ecluse.control.mail.exclusions import Exclusion, exclusions_of
from ecluse.control.mail.models import Objection
from ecluse.control.mail.objections import Standing, standing_of
from ecluse.control.sla.models import ReceivedVirus
from ecluse.control.tenants.models import Domain
from ecluse.control.tenants.services import add_address
from ecluse.domain.event import Ending
from tests.contract.message_log.contract import outcome, recipient
from tests.control.cast import ADMIN

DAY_S = 86_400.0
PAUL = "paul@one.example"


@pytest.fixture
def blocked(message_log):
    one = recipient(PAUL, Ending.REFUSED, disposition="refuse", category="Q", findings=("GTUBE", "CORRUPTED: 3 lists"))
    event = outcome(time.time() - 60, one, recipient("bob@one.example"), client="One", subject="A secret")
    message_log.append([event])
    return event


def here(cast, path=""):
    return f"/clients/{cast.one.pk}/{path}"


def rows(cast):
    with scope(client=cast.one):
        return list(Objection.objects.all())


def raised(cast, event, who=Role.ADMINISTRATOR, to=PAUL):
    cast.browser(who).post(here(cast, f"log/{event.id}/object"), {"recipient": to, "note": "We know <b>him</b>."})
    [row] = rows(cast)
    return row


def act(cast, who, row, what, reason=""):
    return cast.browser(who).post(here(cast, f"objections/{row.pk}/act"), {"act": what, "reason": reason}, follow=True)


def test_the_client_says_so_once_and_the_evidence_is_frozen(cast, blocked, message_log):
    page = here(cast, f"log/{blocked.id}")
    assert "It is legitimate, wrongly blocked" in cast.browser(Role.ADMINISTRATOR).get(page).text
    row = raised(cast, blocked)
    assert (row.kind, row.state, row.recipient, row.raised_by) == ("blocked", "open", PAUL, "ann@one.example")
    assert row.exclusions == ["corrupted"]
    assert row.evidence["events"][0]["recipients"][0]["findings"] == ["GTUBE", "CORRUPTED: 3 lists"]
    assert "A secret" not in str(row.evidence)  # No content (15-8).
    assert raised(cast, blocked, Role.OWNER).pk == row.pk
    assert "called this verdict wrong" in cast.browser(Role.ADMINISTRATOR).get(page).text
    assert entries(cast.one.pk)[0].action == "objection.raised"


def test_spam_that_was_delivered_is_the_other_kind(cast, blocked):
    assert raised(cast, blocked, to="bob@one.example").kind == "passed"


def test_a_copy_without_a_verdict_that_came_through_has_passed(cast, message_log):
    """As with filtering off; the page says what will be recorded."""
    event = outcome(time.time() - 60, recipient(PAUL, Ending.DELIVERED, disposition=""), client="One")
    message_log.append([event])
    page = cast.browser(Role.ADMINISTRATOR).get(here(cast, f"log/{event.id}")).text
    assert "It is spam, wrongly delivered" in page
    assert raised(cast, event).kind == "passed"


def test_no_text_holds_a_nul(cast, blocked):
    """PostgreSQL takes none."""
    cast.browser(Role.ADMINISTRATOR).post(
        here(cast, f"log/{blocked.id}/object"), {"recipient": PAUL, "note": "We know\0 him."}
    )
    [row] = rows(cast)
    act(cast, Role.OPERATOR, row, "contest", "\0")
    assert rows(cast)[0].state == "open"
    act(cast, Role.OPERATOR, row, "contest", "A \0fraud.")
    [row] = rows(cast)
    assert (row.note, row.reason) == ("We know him.", "A fraud.")


def test_the_provider_confirms_and_it_counts(cast, blocked):
    row = raised(cast, blocked)
    page = cast.browser(Role.SUPPORT).get(here(cast, "objections/")).text
    assert "We know &lt;b&gt;him" in page
    assert 'value="confirm"' in page
    act(cast, Role.SUPPORT, row, "confirm")
    [row] = rows(cast)
    assert (row.state, row.answered_by) == ("confirmed", "sue@provider.example")
    assert standing_of(row, time.time()) is Standing.ACCEPTED


def test_who_contests_says_why(cast, blocked):
    row = raised(cast, blocked)
    act(cast, Role.OPERATOR, row, "contest", " ")
    assert rows(cast)[0].state == "open"
    act(cast, Role.OPERATOR, row, "contest", "It is a fraud.")
    [row] = rows(cast)
    assert (row.state, row.reason) == ("contested", "It is a fraud.")
    assert standing_of(row, time.time()) is Standing.CONTESTED
    assert "It is a fraud." in cast.browser(Role.HELP_DESK).get(here(cast, "objections/")).text
    act(cast, Role.OPERATOR, row, "confirm")
    assert rows(cast)[0].state == "contested"  # Answered once.


def test_what_is_left_unanswered_for_fifteen_days_is_accepted(cast, blocked):
    row = raised(cast, blocked)
    assert standing_of(row, row.opened_at + 14.9 * DAY_S) is Standing.PENDING
    assert standing_of(row, row.opened_at + 15 * DAY_S) is Standing.ACCEPTED
    with scope(client=cast.one):
        Objection.objects.update(opened_at=time.time() - 15 * DAY_S)
    act(cast, Role.OPERATOR, row, "contest", "Too late.")
    assert rows(cast)[0].state == "open"


def test_nobody_is_both_parties(cast, blocked):
    object_to = here(cast, f"log/{blocked.id}/object")
    for who in (Role.PROVIDER_OWNER, Role.OPERATOR, Role.SUPPORT, Role.BILLING, Role.USER):
        assert cast.browser(who).post(object_to, {"recipient": PAUL}).status_code == 403
    row = raised(cast, blocked)
    for who, what in ((Role.ADMINISTRATOR, "confirm"), (Role.OWNER, "contest"), (Role.OPERATOR, "withdraw")):
        assert act(cast, who, row, what, "x").status_code == 403
    assert rows(cast)[0].state == "open"
    assert cast.browser("stranger").get(here(cast, "objections/")).status_code == 404


def test_the_client_takes_it_back(cast, blocked):
    row = raised(cast, blocked)
    act(cast, Role.ADMINISTRATOR, row, "withdraw")
    assert standing_of(rows(cast)[0], time.time()) is Standing.DROPPED


def test_a_user_says_nothing_of_another_users_copy(cast, blocked):
    with scope(client=cast.one):
        add_address(Domain.objects.get(name="one.example"), "ursula", by=ADMIN)
    browser = cast.browser(Role.USER)
    mine = here(cast, f"mine/log/{blocked.id}")
    assert browser.post(f"{mine}/object", {"recipient": PAUL}).status_code == 404  # Another user's copy.
    assert rows(cast) == []


def test_a_user_says_so_of_his_own_copy(cast, message_log):
    with scope(client=cast.one):
        add_address(Domain.objects.get(name="one.example"), "ursula", by=ADMIN)
    event = outcome(time.time() - 60, recipient("ursula@one.example"), recipient(PAUL), client="One")
    message_log.append([event])
    browser = cast.browser(Role.USER)
    mine = here(cast, f"mine/log/{event.id}")
    assert "It is spam, wrongly delivered" in browser.get(mine).text
    browser.post(f"{mine}/object", {"recipient": "ursula@one.example"})
    [row] = rows(cast)
    assert row.state == "said"
    assert PAUL not in str(row.evidence)  # What he may not know stands in no evidence of his.
    act(cast, Role.OPERATOR, row, "confirm")
    assert rows(cast)[0].state == "said"  # The provider is not asked yet.
    act(cast, Role.ADMINISTRATOR, row, "send-on")
    act(cast, Role.OPERATOR, row, "confirm")
    assert rows(cast)[0].state == "confirmed"


def test_all_of_them_are_exported(cast, blocked):
    raised(cast, blocked)
    text = cast.browser(Role.READER).get(here(cast, "objections/export")).content.decode("utf-8-sig")
    [line] = csv.DictReader(io.StringIO(text))
    assert (line["kind"], line["standing"], line["excluded"]) == ("blocked", "pending", "corrupted")


@pytest.mark.parametrize(
    ("findings", "released_by", "category", "is_blocked", "expected"),
    [
        ((), "", "Q", True, ()),
        (("CLIENT_BLOCK: x.example",), "", "Q", True, (Exclusion.ON_BLOCK_LIST,)),
        (("LIST_FORWARD", "CORRUPTED"), "", "Q", True, (Exclusion.CORRUPTED, Exclusion.FORWARDED)),
        ((), "sender", "N", True, (Exclusion.RELEASED_BY_SENDER,)),
        ((), "recipient", "N", True, ()),  # It stays a false positive (1-9).
        (("CLIENT_ALLOW",), "", "", False, (Exclusion.ON_ALLOW_LIST,)),
        ((), "administrator", "N", False, (Exclusion.RELEASED,)),
        ((), "", "N", False, (Exclusion.FILTER_OFF,)),
        (("CORRUPTED",), "", "", False, ()),
    ],
)
def test_what_excludes_a_verdict(findings, released_by, category, is_blocked, expected):
    one = recipient(PAUL, findings=findings, category=category)
    event = outcome(
        0.0, one, recipient("bob@one.example", findings=("CLIENT_BLOCK", "USER_ALLOW")), released_by=released_by
    )
    assert exclusions_of([event], PAUL, is_blocked=is_blocked) == expected


def test_what_its_sender_has_freed_counts_no_more_when_its_recipient_is_erased():
    """1-9: else a person's erasure would break the client's service level."""
    event = outcome(0.0, recipient(PAUL, category="N"), released_by="sender")
    assert exclusions_of([event], "erased-0a1b2c3d-1", is_blocked=True) == (Exclusion.RELEASED_BY_SENDER,)
    assert exclusions_of([event], "ann@one.example", is_blocked=True) == ()


def test_in_french(cast, blocked):
    raised(cast, blocked)
    browser = cast.browser(Role.OPERATOR)
    browser.cookies["language"] = "fr"
    page = browser.get(here(cast, "objections/")).text
    assert "légitime, bloqué à tort" in page
    assert "Contester" in page


def test_the_states_are_listed_apart(cast, blocked):
    raised(cast, blocked)
    browser = cast.browser(Role.READER)
    assert PAUL in browser.get(here(cast, "objections/?state=open")).text
    assert PAUL not in browser.get(here(cast, "objections/?state=contested")).text
    assert PAUL in browser.get(here(cast, "objections/?state=nonsense")).text


def test_who_is_no_recipient_has_no_verdict(cast, blocked):
    browser = cast.browser(Role.ADMINISTRATOR)
    for message, to in ((blocked.id, "eve@one.example"), ("f" * 32, PAUL), (blocked.id, "")):
        assert browser.post(here(cast, f"log/{message}/object"), {"recipient": to}).status_code == 404
    with scope(client=cast.one):
        assert not objections.objections().exists()


def test_9_5_a_virus_that_went_out_is_said_of_the_message_itself(cast, blocked, message_log):
    """Both at once; of what was blocked nothing is said."""
    sent = outcome(time.time() - 60, recipient("eve@world.example"), client="One", direction="outbound")
    message_log.append([sent])
    browser = cast.browser(Role.ADMINISTRATOR)
    told = browser.get(here(cast, f"log/{sent.id}")).text
    assert "It should not have gone out" in told
    assert "It carried a virus" in told
    form = {"recipient": "eve@world.example", "virus": "yes"}
    assert "Noted." in browser.post(here(cast, f"log/{sent.id}/object"), form, follow=True).text
    assert browser.post(here(cast, f"log/{blocked.id}/object"), {"recipient": PAUL, "virus": "yes"}).status_code == 404
    [row] = rows(cast)
    assert (row.kind, row.state, objections.direction_of(row)) == ("passed", "open", "outbound")
    with scope(client=cast.one):
        assert ReceivedVirus.objects.get().objection == row
    told = cast.browser(Role.SUPPORT).get(here(cast, "objections/")).text
    assert "went out, and should not have" in told
    assert "only viruses are counted" in told
    assert "It carried one" in told
