"""What a day's sessions with next hops come to in TLS reports."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.event import Ending, MessageEvent, RecipientEvent, SessionEvent, Stage
from ecluse.domain.incoming import Direction
from ecluse.mta.delivery.tls_words import word_for
from ecluse.mta.reports import tls_tally as module
from ecluse.mta.reports.tls_tally import TlsTally
from ecluse.wire.reports.tlsrpt import accumulate


def event(tls="ok", *, to="bob@one.example", route="smtp://mx.one.example:25", direction=Direction.INBOUND):
    bob = RecipientEvent(to, Ending.RELAYED)
    return MessageEvent("0190", Stage.OUTCOME, 1.0, direction, recipients=(bob,), route=route, route_tls=tls)


def told(*events):
    tally = TlsTally()
    for one in events:
        tally.add(one)
    return {
        day.domain: [
            (one.successful, one.failed, [fault.result_type for fault in one.failures])
            for one in accumulate(day.sessions)
        ]
        for day in tally.domains()
    }


def test_sessions_are_counted_by_domain_and_by_what_became_of_them():
    events = [event(), event(), event("starttls-not-supported"), event(to="ann@two.example")]
    assert told(*events) == {"one.example": [(2, 1, ["starttls-not-supported"])], "two.example": [(1, 0, [])]}


def test_messages_over_a_session_that_was_open_count_nothing():
    assert told(event(""), MessageEvent("0190", Stage.INTENT, 1.0)) == {}


def test_outbound_sessions_are_those_of_the_one_route():
    assert list(told(event(direction=Direction.OUTBOUND, route="smtp://[2001:db8::1]:25"))) == ["2001:db8::1"]


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "MAX_ROWS", 1)
    assert list(told(event(), event(to="ann@two.example"), event())) == ["one.example"]


@pytest.mark.parametrize(
    ("trouble", "word"),
    [
        ("TLS failed: certificate has expired", "certificate-expired"),
        ("TLS failed: Hostname mismatch, certificate is not valid for 'mx.example'", "certificate-host-mismatch"),
        ("TLS failed: self-signed certificate", "certificate-not-trusted"),
        ("TLS failed: unable to get local issuer certificate", "certificate-not-trusted"),
        ("TLS failed: wrong version number", "validation-failure"),
    ],
)
def test_failures_have_the_words_of_the_rfc(trouble, word):
    assert word_for(trouble) == word


def test_sessions_with_exchanges_are_counted_under_what_their_domain_publishes():
    held = SessionEvent(
        "mx.one.example", "certificate-expired", "192.0.2.1", "sts", ("mode: enforce",), ("mx.one.example",)
    )
    tally = TlsTally()
    for session in (
        held,
        held,
        SessionEvent("mx2.one.example", "ok", "192.0.2.2", "sts", ("mode: enforce",), ("mx.one.example",)),
    ):
        tally.add(replace(event(direction=Direction.OUTBOUND), sessions=(session,)))
    [day] = tally.domains()
    [result] = accumulate(day.sessions)
    assert (day.domain, result.policy.type, result.policy.strings) == ("one.example", "sts", ("mode: enforce",))
    assert (result.successful, result.failed) == (1, 2)
    [failure] = result.failures
    assert (failure.result_type, failure.receiving_mx_hostname, failure.receiving_ip) == (
        held.word,
        held.host,
        held.address,
    )


def test_a_failure_has_the_address_that_it_was_sent_from_where_that_is_known():
    """RFC 8460 section 4.4, sending-mta-ip: of the pool, or the only one of the peer's family."""
    tally = TlsTally(("192.0.2.10", "2001:db8::10", "2001:db8::11"))
    known = SessionEvent("mx.one.example", "certificate-expired", "198.51.100.1")
    cases = (
        (known, "192.0.2.10"),
        (replace(known, source="192.0.2.99"), "192.0.2.99"),
        (replace(known, address="2001:db8:1::1"), ""),
        (replace(known, address=""), ""),
    )
    for session, _ in cases:
        tally.add(replace(event(direction=Direction.OUTBOUND), sessions=(session,)))
    [day] = tally.domains()
    told = {(each.failure.receiving_ip, each.failure.sending_mta_ip) for each in day.sessions if each.failure}
    assert told == {(session.address, expected) for session, expected in cases}


def test_sessions_with_configured_routes_are_told_apart_from_those_that_the_dns_named():
    tally = TlsTally()
    tally.add(event())
    tally.add(replace(event(direction=Direction.OUTBOUND), sessions=(SessionEvent("mx.one.example", "ok"),)))
    assert [(day.domain, day.is_configured, len(day.sessions)) for day in tally.domains()] == [
        ("one.example", False, 1),
        ("one.example", True, 1),
    ]
