"""TLS reports, written and read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.reports.faults import BrokenReport, OversizedReport, UnreadableReport
from ecluse.wire.reports.reporter import Organisation, Period
from ecluse.wire.reports.tlsrpt import (
    MAX_FAILURES,
    MAX_OCTETS,
    MAX_VALUES,
    TlsFailure,
    TlsPolicy,
    TlsReport,
    TlsResult,
    TlsSessions,
    accumulate,
    build,
    read,
    write,
)
from tests.cpu import cpu
from tests.unit.wire.reports.samples import COUNTS, IPS, ORGANISATION, PERIOD, PERIODS, TEXTS, TEXTS_OR_NONE

STS = TlsPolicy("sts", "client.example", ("version: STSv1", "mode: enforce"), ("*.client.example",))
NONE = TlsPolicy("no-policy-found", "other.example")
EXPIRED = TlsFailure("certificate-expired", "2001:db8::1", "mx.client.example")

WORDS = st.sampled_from(["starttls-not-supported", "certificate-expired", "sts-policy-invalid"])
FAILURES = st.builds(
    TlsFailure,
    WORDS,
    st.just("") | IPS,
    TEXTS_OR_NONE,
    TEXTS_OR_NONE,
    st.just("") | IPS,
    TEXTS_OR_NONE,
    TEXTS_OR_NONE,
    COUNTS,
)
TUPLES = st.lists(TEXTS, max_size=2).map(tuple)
POLICIES = st.builds(TlsPolicy, st.sampled_from(["sts", "tlsa", "no-policy-found"]), TEXTS, TUPLES, TUPLES)
RESULTS = st.builds(TlsResult, POLICIES, COUNTS, COUNTS, st.lists(FAILURES, max_size=3).map(tuple))
REPORTS = st.builds(
    TlsReport,
    st.builds(Organisation, TEXTS, TEXTS),
    TEXTS,
    PERIODS,
    st.lists(RESULTS, max_size=3).map(tuple),
)
SESSIONS = st.builds(TlsSessions, POLICIES, st.integers(1, 1_000), st.none() | FAILURES)


@given(REPORTS)
@settings(derandomize=True, deadline=None)
def test_what_was_written_is_read_again(report):
    assert read(write(report)) == report


@given(st.lists(SESSIONS, max_size=8))
@settings(derandomize=True, deadline=None)
def test_no_session_is_lost_or_counted_twice(rows):
    results = accumulate(rows)
    assert sum(result.successful for result in results) == sum(row.count for row in rows if not row.failure)
    assert sum(result.failed for result in results) == sum(row.count for row in rows if row.failure)
    assert all(sum(failure.sessions for failure in result.failures) == result.failed for result in results)
    assert len({result.policy for result in results}) == len(results)


def test_sessions_are_summed_by_policy_and_by_way_of_failing():
    rows = [
        TlsSessions(STS, 5),
        TlsSessions(STS, 2, EXPIRED),
        TlsSessions(NONE),
        TlsSessions(STS, 1, replace(EXPIRED, sessions=9)),
        TlsSessions(STS, 4, TlsFailure("validation-failure")),
    ]
    failures = (TlsFailure("validation-failure", sessions=4), replace(EXPIRED, sessions=3))
    assert accumulate(rows) == (TlsResult(STS, 5, 7, failures), TlsResult(NONE, 1, 0))


def test_the_members_are_those_of_rfc_8460():
    members = json.loads(build([TlsSessions(STS, 2, EXPIRED)], ORGANISATION, PERIOD, "id"))
    assert members == {
        "organization-name": "Gateway & Co",
        "date-range": {"start-datetime": "2023-11-14T22:13:20Z", "end-datetime": "2023-11-15T22:13:19Z"},
        "contact-info": "reports@gateway.example",
        "report-id": "id",
        "policies": [
            {
                "policy": {
                    "policy-type": "sts",
                    "policy-domain": "client.example",
                    "policy-string": ["version: STSv1", "mode: enforce"],
                    "mx-host": ["*.client.example"],
                },
                "summary": {"total-successful-session-count": 0, "total-failure-session-count": 2},
                "failure-details": [
                    {
                        "result-type": "certificate-expired",
                        "sending-mta-ip": "2001:db8::1",
                        "receiving-mx-hostname": "mx.client.example",
                        "failed-session-count": 2,
                    }
                ],
            }
        ],
    }


def test_what_reporters_leave_out_or_bend_is_understood():
    report = read(
        b'\xef\xbb\xbf {"organization-name": "O\xe9", "date-range": {"start-datetime": "2020-01-01t00:00:00.5+01:00",'
        b'"end-datetime": "never"}, "report-id": 7, "policies": [null, {}, {"policy": {"policy-type": "STS",'
        b'"policy-string": "one line", "mx-host": ["a", 1]}, "summary": {"total-successful-session-count": "12",'
        b'"total-failure-session-count": 3.0}, "failure-details": {}}]} \r\n-- \r\nfooter'
    )
    assert report.organisation.name == "O\xe9"
    assert report.report_id == ""
    assert report.period == Period(1_577_833_200, 0)
    assert report.results == (
        TlsResult(TlsPolicy("", ""), 0, 0),
        TlsResult(TlsPolicy("sts", "", ("one line",), ("a",)), 12, 3),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32"])
def test_every_unicode_is_json(encoding):
    assert read('{"organization-name": "\xe9", "policies": []}'.encode(encoding)).organisation.name == "\xe9"


@pytest.mark.parametrize("count", ["-1", "true", "null", "1e999", "NaN", "1" * 400, "[]", '"x"', "1.5e300"])
def test_a_count_that_is_none_is_nothing(count):
    data = f'{{"policies": [{{"summary": {{"total-failure-session-count": {count}}}}}]}}'
    assert read(data.encode()).results[0].failed == 0


def test_half_a_surrogate_does_not_spoil_what_is_written_later():
    read(b'{"organization-name": "\\ud800", "policies": []}').organisation.name.encode()


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"{}", b'{"policies": {}}', b"<xml/>", b"\xff\xfe"])
def test_what_is_no_report_is_broken(data):
    with pytest.raises(BrokenReport):
        read(data)


HOSTILE = {
    "octets": b"{" + b" " * MAX_OCTETS,
    "values": b'{"policies":[' + b"{}," * MAX_VALUES + b"{}]}",
    "policies": b'{"policies":[' + b"{}," * 1_000 + b"{}]}",
    "failures": b'{"policies":[{"failure-details":[' + b"{}," * MAX_FAILURES + b"{}]}]}",
    "deep": b'{"policies":' + b"[" * (MAX_VALUES - 1),
    "deep objects": b'{"a":' * (MAX_VALUES - 1),
    "digits": b'{"policies":' + b"9" * 15_000_000 + b"}",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_what_goes_beyond_all_measure_is_refused_in_time(data):
    with cpu() as spent, pytest.raises(UnreadableReport):
        read(data)
    assert spent.seconds < 2


@pytest.mark.parametrize("name", ["octets", "values", "policies", "failures"])
def test_the_limits_are_called_limits(name):
    with pytest.raises(OversizedReport):
        read(HOSTILE[name])
