"""The effect of other wishes: what the log has kept is judged twice, and what cannot be known is counted as such."""

from __future__ import annotations

import time

import pytest

from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.control.mail import effect as module
from ecluse.control.mail.effect import Treatment, effect_of
from ecluse.domain.event import EvidenceEvent
from ecluse.domain.mass import MassAction
from ecluse.domain.policy import Policy, Route
from ecluse.filtering.rejudging import GREYLISTING, NO_EVIDENCE, NO_POLICY
from ecluse.wire.wishes import Wishes, terms
from tests.contract.message_log.contract import outcome, recipient

NOW = time.time()
DAY_S = 86_400
SUSPECT = ("DMARC_REJECT: far.example",)  # 12 points.


def policies(**wishes):
    made = Policy("One", "one.example", (Route("192.0.2.9"),), **terms(Wishes(**wishes)))
    return {made.domain: made}


@pytest.fixture
def log(tmp_path):
    opened = SqliteMessageLog(tmp_path)
    yield opened
    opened.close()


def kept(at, *findings, address="ann@one.example", **changes):
    evidence = changes.pop("evidence", EvidenceEvent())
    return outcome(at, recipient(address, findings=findings), evidence=evidence, **changes)


def effect(log, after, before=None):
    return effect_of(log, "One", before or policies(), after, NOW)


def test_a_lower_limit_refuses_what_was_delivered_and_names_it(log):
    suspect = kept(NOW - 3 * DAY_S, *SUSPECT)
    log.append([suspect, kept(NOW - 2 * DAY_S), kept(NOW - DAY_S, "GTUBE")])
    found = effect(log, policies(refuse_at=11.0))
    assert (found.judged, found.moved, found.is_whole) == (3, 1, True)
    assert found.moves == {(Treatment.DELIVER, Treatment.REFUSE): 1}
    (moved,) = found.named
    assert (moved.row.id, moved.score) == (suspect.id, 12.0)


def test_the_same_wishes_change_nothing_whatever_the_verdict_was_then(log):
    log.append([kept(NOW - DAY_S, "GTUBE"), kept(NOW - DAY_S, *SUSPECT)])
    assert effect(log, policies()).moved == 0


def test_lists_of_then_still_hold(log):
    log.append([kept(NOW - DAY_S, "CLIENT_ALLOW: by far.example", *SUSPECT)])
    assert effect(log, policies(refuse_at=1.0)).moved == 0
    log.append([kept(NOW - DAY_S, "CLIENT_BLOCK: by far.example")])
    assert effect(log, policies(refuse_at=1_000.0)).moved == 0


def test_newsletters_are_marked_held_or_refused(log):
    log.append([kept(NOW - DAY_S, "MASS_MAIL")])
    for wish, treatment in (
        (MassAction.TAG, Treatment.TAG),
        (MassAction.DIGEST, Treatment.HOLD),
        (MassAction.REFUSE, Treatment.REFUSE),
    ):
        assert effect(log, policies(mass_mail=wish)).moves == {(Treatment.DELIVER, treatment): 1}


def test_each_recipient_counts_by_himself(log):
    two = (recipient("ann@one.example", findings=SUSPECT), recipient("bob@one.example"))
    log.append([outcome(NOW - DAY_S, *two, evidence=EvidenceEvent())])
    found = effect(log, policies(refuse_at=11.0))
    assert (found.judged, [each.row.recipient for each in found.named]) == (2, ["ann@one.example"])


def test_what_cannot_be_known_is_counted_with_its_reason(log):
    log.append([kept(NOW - DAY_S, evidence=None), kept(NOW - DAY_S, address="ann@gone.example")])
    log.append([kept(NOW - DAY_S, *SUSPECT)])
    found = effect(log, policies(greylist=True))
    assert found.unknown == {NO_EVIDENCE: 1, NO_POLICY: 1, GREYLISTING: 1}
    assert found.moved == 0


def test_older_mail_sent_mail_and_other_clients_mail_are_not_looked_at(log):
    log.append([
        kept(NOW - 31 * DAY_S, *SUSPECT),
        kept(NOW - DAY_S, *SUSPECT, direction="outbound"),
        kept(NOW - DAY_S, *SUSPECT, client="Two"),
    ])  # fmt: skip
    assert effect(log, policies(refuse_at=11.0)).judged == 0


def test_a_long_log_is_looked_at_from_its_newest_and_says_so(log, monkeypatch):
    monkeypatch.setattr(module, "MOST_VERDICTS", 4)
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    log.append([kept(NOW - number * DAY_S) for number in range(1, 10)])
    found = effect(log, policies())
    assert (found.judged, found.is_whole) == (4, False)
    assert found.since == pytest.approx(NOW - 4 * DAY_S, abs=1)


def test_whoever_waits_does_not_wait_long(log, monkeypatch):
    monkeypatch.setattr(module, "WITHIN_S", 0.0)
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    log.append([kept(NOW - number * DAY_S) for number in range(1, 10)])
    assert effect(log, policies()).judged == 2


def test_a_release_is_no_verdict(log):
    log.append([kept(NOW - DAY_S, *SUSPECT, released_by="sender")])
    assert effect(log, policies(refuse_at=11.0)).judged == 0


def test_only_so_many_are_named(log, monkeypatch):
    monkeypatch.setattr(module, "MOST_NAMED", 2)
    log.append([kept(NOW - DAY_S, *SUSPECT) for _ in range(3)])
    found = effect(log, policies(refuse_at=11.0))
    assert (found.moved, len(found.named)) == (3, 2)
