"""TLS reports (RFC 8460): read as leniently as they are written, written as the RFC has them."""

from __future__ import annotations

import json
import math
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias

from ecluse.wire.mime.charsets import decode_text
from ecluse.wire.reports.faults import BrokenReport, OversizedReport
from ecluse.wire.reports.reporter import Organisation, Period
from ecluse.wire.reports.texts import internet_time, ip_address, kept, number

MAX_OCTETS = 16_777_216
MAX_VALUES = 500_000  # Of the JSON in all: each takes a hundred octets of memory or so.
MAX_STRINGS = 1_000  # Of one policy.
MAX_POLICIES, MAX_FAILURES = 1_000, 20_000  # Of one report.

_Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """The policy that sessions were held to."""

    type: str  # "tlsa", "sts" or "no-policy-found".
    domain: str
    strings: tuple[str, ...] = ()  # The lines of an MTA-STS policy, or the TLSA records.
    mx_hosts: tuple[str, ...] = ()  # Of an MTA-STS policy.


@dataclass(frozen=True, slots=True)
class TlsFailure:
    """One way in which sessions failed; a text that is missing is ""."""

    result_type: str  # A word of RFC 8460 section 4.3.
    sending_mta_ip: str = ""
    receiving_mx_hostname: str = ""
    receiving_mx_helo: str = ""
    receiving_ip: str = ""
    information: str = ""
    reason_code: str = ""
    sessions: int = 1


@dataclass(frozen=True, slots=True)
class TlsSessions:
    """So many of our own sessions under one policy that ended in the same way."""

    policy: TlsPolicy
    count: int = 1
    failure: TlsFailure | None = None  # None for success; its own `sessions` does not count here.


@dataclass(frozen=True, slots=True)
class TlsResult:
    """What became of all sessions under one policy."""

    policy: TlsPolicy
    successful: int
    failed: int
    failures: tuple[TlsFailure, ...] = ()


@dataclass(frozen=True, slots=True)
class TlsReport:
    """One TLS report."""

    organisation: Organisation  # `contact` stays empty: the format has one text for it all.
    report_id: str
    period: Period
    results: tuple[TlsResult, ...]


# --- Writing ------------------------------------------------------------------------


def build(rows: Iterable[TlsSessions], organisation: Organisation, period: Period, report_id: str) -> bytes:
    """The JSON of a report about our own sessions; see `write`."""
    return write(TlsReport(organisation, report_id, period, accumulate(rows)))


def accumulate(rows: Iterable[TlsSessions]) -> tuple[TlsResult, ...]:
    """One result for each policy, in the order in which they first appear; the most frequent failure comes first."""
    counts: dict[TlsPolicy, Counter[TlsFailure | None]] = {}
    for row in rows:
        way = replace(row.failure, sessions=0) if row.failure else None
        counts.setdefault(row.policy, Counter())[way] += row.count
    return tuple(_result_of(policy, ways) for policy, ways in counts.items())


def _result_of(policy: TlsPolicy, ways: Counter[TlsFailure | None]) -> TlsResult:
    failures = tuple(replace(way, sessions=count) for way, count in ways.most_common() if way)
    return TlsResult(policy, ways[None], sum(failure.sessions for failure in failures), failures)


def write(report: TlsReport) -> bytes:
    """The report as UTF-8 JSON (RFC 8460 section 4.4); a period beyond the year 9999 raises `ValueError`."""
    members = {
        "organization-name": kept(report.organisation.name),
        "date-range": {
            "start-datetime": _moment(report.period.begin),
            "end-datetime": _moment(report.period.end),
        },
        "contact-info": kept(report.organisation.email),
        "report-id": kept(report.report_id),
        "policies": [_policy_members(result) for result in report.results],
    }
    return json.dumps(members, ensure_ascii=False).encode("utf-8")


def _moment(epoch_seconds: int) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _policy_members(result: TlsResult) -> _Json:
    policy = result.policy
    described: _Json = {"policy-type": kept(policy.type), "policy-domain": kept(policy.domain)}
    if policy.strings:
        described["policy-string"] = [kept(text) for text in policy.strings]
    if policy.mx_hosts:
        described["mx-host"] = [kept(host) for host in policy.mx_hosts]
    summary = {"total-successful-session-count": result.successful, "total-failure-session-count": result.failed}
    members: _Json = {"policy": described, "summary": summary}
    if result.failures:
        members["failure-details"] = [_failure_members(failure) for failure in result.failures]
    return members


def _failure_members(failure: TlsFailure) -> _Json:
    texts = {
        "result-type": failure.result_type,
        "sending-mta-ip": failure.sending_mta_ip,
        "receiving-mx-hostname": failure.receiving_mx_hostname,
        "receiving-mx-helo": failure.receiving_mx_helo,
        "receiving-ip": failure.receiving_ip,
        "additional-information": failure.information,
        "failure-reason-code": failure.reason_code,
    }
    members: _Json = {name: kept(text) for name, text in texts.items() if text}
    return members | {"failed-session-count": failure.sessions}


# --- Reading ------------------------------------------------------------------------


def read(data: bytes) -> TlsReport:
    """The report in unpacked JSON; members that are missing or of another type are empty or 0.

    Raises `BrokenReport` for what is no such report, and `OversizedReport`.
    """
    if len(data) > MAX_OCTETS:
        raise OversizedReport(f"more than {MAX_OCTETS} octets")
    # Before each value there is one of these; those inside strings make no difference for an honest report.
    if data.count(b",") + data.count(b":") + data.count(b"[") > MAX_VALUES:
        raise OversizedReport(f"more than {MAX_VALUES} values")
    members = _members(data)
    results = members.get("policies")
    if not isinstance(results, list):
        raise BrokenReport("JSON that is no TLS report")
    results = [result for result in results if isinstance(result, dict)]
    if len(results) > MAX_POLICIES or sum(len(_list(result, "failure-details")) for result in results) > MAX_FAILURES:
        raise OversizedReport(f"more than {MAX_POLICIES} policies or {MAX_FAILURES} failures")
    period = _object(members.get("date-range"))
    return TlsReport(
        Organisation(_text(members, "organization-name"), _text(members, "contact-info")),
        _text(members, "report-id"),
        Period(
            internet_time(_text(period, "start-datetime")) or 0,
            internet_time(_text(period, "end-datetime")) or 0,
        ),
        tuple(map(_result, results)),
    )


def _members(data: bytes) -> _Json:
    """The object that the data begins with; what follows it is mailers' rubbish."""
    data = data.removeprefix(BOM_UTF8)
    encoding = json.detect_encoding(data)
    text = decode_text(data) if encoding == "utf-8" else data.decode(encoding, "replace")
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(text.lstrip("\ufeff \t\r\n"))
    except (ValueError, RecursionError):
        raise BrokenReport("no JSON") from None
    if not isinstance(value, dict):
        raise BrokenReport("JSON that is no TLS report")
    return value


def _result(result: _Json) -> TlsResult:
    summary = _object(result.get("summary"))
    policy = _object(result.get("policy"))
    return TlsResult(
        TlsPolicy(
            _text(policy, "policy-type").lower(),
            _text(policy, "policy-domain"),
            _texts(policy, "policy-string"),
            _texts(policy, "mx-host"),
        ),
        _count(summary, "total-successful-session-count"),
        _count(summary, "total-failure-session-count"),
        tuple(map(_failure, _list(result, "failure-details"))),
    )


def _failure(value: Any) -> TlsFailure:
    failure = _object(value)
    return TlsFailure(
        _text(failure, "result-type").lower(),
        ip_address(_text(failure, "sending-mta-ip")),
        _text(failure, "receiving-mx-hostname"),
        _text(failure, "receiving-mx-helo"),
        ip_address(_text(failure, "receiving-ip")),
        _text(failure, "additional-information"),
        _text(failure, "failure-reason-code"),
        _count(failure, "failed-session-count"),
    )


def _object(value: Any) -> _Json:
    return value if isinstance(value, dict) else {}


def _list(members: _Json, name: str) -> list[Any]:
    value = members.get(name)
    return value if isinstance(value, list) else []


def _text(members: _Json, name: str) -> str:
    value = members.get(name)
    return kept(value) if isinstance(value, str) else ""


def _texts(members: _Json, name: str) -> tuple[str, ...]:
    """A list of texts; some reporters write a single one without its list."""
    value = members.get(name)
    values = value[:MAX_STRINGS] if isinstance(value, list) else [value]
    return tuple(kept(text) for text in values if isinstance(text, str))


def _count(members: _Json, name: str) -> int:
    value = members.get(name)
    if isinstance(value, float) and math.isfinite(value):
        value = int(value)
    return (number(str(value)) or 0) if isinstance(value, int | str) else 0
