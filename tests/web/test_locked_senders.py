"""Locked senders, and addresses near what is agreed on for a day, on the client's page."""

from __future__ import annotations

import email
import email.policy
from base64 import b64decode
from datetime import UTC, datetime

import pytest
from django_scopes import scope

from ecluse.control.abuse.busy_days import MOST_A_DAY
from ecluse.control.abuse.evidence import forget_evidence
from ecluse.control.abuse.models import BusyDay, ToldLimit, ToldLock
from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.keystore.services import public_key
from ecluse.domain.content import MemoryContent
from ecluse.domain.lock_evidence import LockEvidence
from ecluse.wire.reports.mail import feedback_report_in
from ecluse.wire.sealing.evidence import sealed_evidence
from tests.web.programs import program_in_role
from tests.web.things import sending_lock, tell_node


@pytest.fixture
def base(cast):
    return f"/clients/{cast.one.pk}/sending/locks"


@pytest.fixture
def locked(cast):
    with scope(client=cast.one):
        return sending_lock(cast.one)


@pytest.fixture
def busy(cast):
    today = datetime.now(UTC).date()
    with scope(client=cast.one):
        for direction, messages in (("inbound", 412), ("outbound", 512)):
            values = {"direction": direction, "address": "shop@one.example", "messages": messages}
            BusyDay.objects.create(client=cast.one, day=today, **values)


def test_who_is_locked_stands_there_once_with_all_nodes(cast, base, locked):
    tell_node(name="mx2.provider.example")
    with scope(client=cast.one):
        locked.pk, locked.node, locked.origin = None, "mx2.provider.example", locked.node
        locked.save()
    page = cast.browser(Role.ADMINISTRATOR).get(base).text
    assert page.count('<h2 class="h5 text-break">paul@one.example') == 1
    assert page.count("/report") == 1
    assert "mx1.provider.example, mx2.provider.example" in page


def test_addresses_near_the_limit_of_a_day_stand_there(cast, base, busy):
    page = cast.browser(Role.HELP_DESK).get(base).text
    assert "412 received" in page
    assert 'class="table-danger"' in page.partition("512 sent")[0].rpartition("<tr")[2]


def test_the_provider_sees_those_of_all_clients(cast, base, locked):
    page = cast.browser(Role.OPERATOR).get("/provider/locks/").text
    assert "paul@one.example" in page
    assert f'href="{base}"' in page


def test_whose_limits_are_near_or_reached_stands_with_the_client_and_for_the_provider_with_all(cast, base):
    now = datetime.now(UTC).timestamp()
    values = {"name": "shop@one.example", "window_s": 86_400, "at": now, "ends_at": now + 3_600, "of": 0}
    with scope(client=cast.one):
        for what, count, of, reached_at in (("recipients", 91, 0, now), ("unknown", 21, 62, 0)):
            numbers = {"what": what, "most": 100, "count": count, "of": of, "reached_at": reached_at}
            ToldLimit.objects.create(client=cast.one, scope="account", **values | numbers)
        # Its hour is over: it counts no more.
        over = {"what": "messages", "most": 9, "count": 8, "reached_at": 0, "ends_at": now - 1, "name": "one.example"}
        ToldLimit.objects.create(client=cast.one, scope="domain", **values | over)
    for browser, page in ((cast.browser(Role.HELP_DESK), base), (cast.browser(Role.OPERATOR), "/provider/locks/")):
        first, second, last = browser.get(page).text.partition("near or reached</h2>")[2].split("<tr>")[2:]
        assert "shop@one.example" in first
        assert "at least 91 of 100" in first
        assert "text-bg-danger" in first
        assert "21 of 62; at most 100 in a hundred" in second
        assert "text-bg-warning" in second
        assert "Messages a day" in last
        assert "<td>since <" in last
        assert "text-bg-warning" not in last


def test_programs_see_locks_and_unlock(cast, locked):
    program, here = program_in_role(cast, Role.ADMINISTRATOR), f"clients/{cast.one.pk}/sending/locks"
    [found] = program.get(here).json()["items"]
    assert (found["name"], found["scope"], found["cause"], found["until"]) == (
        "paul@one.example",
        "account",
        "burst",
        None,
    )
    assert (found["reason"], found["nodes"], found["order"]) == ("11 alike", ["mx1.provider.example"], "")
    unlock = f"{here}/{locked.pk}/unlock"
    assert program.post(unlock, {"was_us": True, "deletes_mail": True}).status_code == 409
    answer = program.post(unlock, {"was_us": True})
    assert (answer.status_code, answer.json()["items"][0]["order"]) == (202, "pending")
    assert program_in_role(cast, Role.HELP_DESK).post(unlock, {"was_us": True}).status_code == 403


def test_programs_see_busy_days(cast, busy):
    program = program_in_role(cast, Role.HELP_DESK)
    found = program.get(f"clients/{cast.one.pk}/sending/busy-days").json()
    assert (found["most"], found["own_most"]) == (MOST_A_DAY, 0)
    assert {(each["direction"], each["messages"]) for each in found["items"]} == {("inbound", 412), ("outbound", 512)}


def test_the_header_that_locked_an_account_is_given_out_as_a_report_to_who_may_see_it(cast, base, locked):
    """RFC 5965, decision 0034: sealed to the client, opened for its administrators, recorded, gone after its days."""
    header = b"Subject: Your voucher\r\nTo: <v@far.example>\r\n"
    found = LockEvidence("m1", locked.since, "198.51.100.9", "paul@one.example", header)
    with scope(client=cast.one):
        sealed = sealed_evidence(found, public_key(cast.one), locked.lock_id)
        ToldLock.objects.filter(pk=locked.pk).update(evidence=sealed)
    ann, url = cast.browser(Role.ADMINISTRATOR), f"{base}/{locked.pk}/report"
    assert f'action="{url}"' in ann.get(base).text
    assert f'action="{url}"' not in cast.browser(Role.HELP_DESK).get(base).text
    answer = ann.post(url)
    assert answer["Content-Type"] == "message/rfc822"
    mail = email.message_from_bytes(answer.content, policy=email.policy.default)
    assert (mail.get_content_type(), mail.get_param("report-type")) == ("multipart/report", "feedback-report")
    said, _, last = mail.iter_parts()
    assert "11 alike" in said.get_content()
    assert last.get_content_type() == "text/rfc822-headers"
    assert last.get_payload().replace("\n", "\r\n").encode().startswith(header[:10])
    read = feedback_report_in(MemoryContent(answer.content))
    assert (read.feedback_type, read.source_ip, read.original_mail_from, read.reported_domains) == (
        "abuse",
        "198.51.100.9",
        "paul@one.example",
        ("one.example",),
    )
    program = program_in_role(cast, Role.ADMINISTRATOR)
    told = program.post(f"clients/{cast.one.pk}/sending/locks/{locked.pk}/report").json()["message"]
    assert b"Your voucher" in b64decode(told)
    for role in (Role.HELP_DESK, Role.OPERATOR):
        assert cast.browser(role).post(url).status_code == 403
    assert Entry.objects.filter(action="lock.report-read", client_id=cast.one.pk).count() == 2
    assert forget_evidence(locked.since + 29 * 86_400) == 0
    assert forget_evidence(locked.since + 31 * 86_400) == 1
    assert "/report" not in ann.get(base).text
    assert ann.post(url).status_code == 302
