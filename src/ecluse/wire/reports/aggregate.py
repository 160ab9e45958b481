"""DMARC aggregate reports: RFC 9990 and RFC 7489 are read, RFC 9990 is written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, replace
from html import escape

from ecluse.wire.reports.reporter import Organisation, Period
from ecluse.wire.reports.texts import kept

NAMESPACE = "urn:ietf:params:xml:ns:dmarc-2.0"
MAX_SIGNATURES = 100  # Of one row (RFC 9990, "DKIM Signatures in Aggregate Reports").
OVERRIDES = frozenset({"local_policy", "mailing_list", "other", "policy_test_mode", "trusted_forwarder"})
_REPORT_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~@.-]+")


@dataclass(frozen=True, slots=True)
class DkimResult:
    """What came of one signature."""

    domain: str
    selector: str
    result: str  # A word of RFC 8601 section 2.7.1.
    human_result: str = ""


@dataclass(frozen=True, slots=True)
class SpfResult:
    """What came of SPF."""

    domain: str
    result: str  # A word of RFC 8601 section 2.7.2.
    scope: str = "mfrom"  # "helo" in reports of RFC 7489; "" where the reporter does not say.
    human_result: str = ""


@dataclass(frozen=True, slots=True)
class Override:
    """Why another disposition was taken than the one published."""

    type: str  # One of `OVERRIDES`; in reports of RFC 7489 also "forwarded" and "sampled_out".
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """So many messages with the same source, results and names; a text that is missing is ""."""

    source_ip: str  # Canonical form.
    disposition: str  # "none", "pass", "quarantine" or "reject".
    dkim: str  # "pass" or "fail": an aligned pass or not.
    spf: str  # "pass" or "fail": an aligned pass or not.
    header_from: str
    count: int = 1
    envelope_from: str = ""
    envelope_to: str = ""
    overrides: tuple[Override, ...] = ()
    dkim_results: tuple[DkimResult, ...] = ()  # Aligned passes first: what is beyond `MAX_SIGNATURES` is not told.
    spf_results: tuple[SpfResult, ...] = ()


@dataclass(frozen=True, slots=True)
class PublishedPolicy:
    """The DMARC policy that the reporter found; a tag that is missing is ""."""

    domain: str
    p: str
    sp: str = ""
    np: str = ""
    adkim: str = ""  # "r" or "s".
    aspf: str = ""
    fo: str = ""
    testing: str = ""  # "y" or "n".
    discovery_method: str = ""  # "psl" or "treewalk".
    pct: str = ""  # RFC 7489 alone; never written.


@dataclass(frozen=True, slots=True)
class Report:
    """One aggregate report."""

    organisation: Organisation
    report_id: str
    period: Period
    policy: PublishedPolicy
    rows: tuple[Row, ...]
    errors: tuple[str, ...] = ()  # What the reporter found wrong with the record.
    generator: str = ""


def build(
    rows: Iterable[Row], organisation: Organisation, period: Period, policy: PublishedPolicy, report_id: str
) -> bytes:
    """The XML of a report about our own results under one published policy; see `write`."""
    return write(Report(organisation, report_id, period, policy, accumulate(rows)))


def accumulate(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Rows that differ in their counts alone become one; the largest comes first, the order does not depend on theirs."""
    counts: Counter[Row] = Counter()
    for row in rows:
        counts[replace(row, count=0)] += row.count
    summed = (replace(row, count=count) for row, count in counts.items())
    return tuple(sorted(summed, key=lambda row: (-row.count, astuple(row))))


def write(report: Report) -> bytes:
    """The report as UTF-8 XML, its elements in the order of RFC 9990.

    Raises `ValueError` for a report without rows, which RFC 9990 does not know, and for a report id beyond its ABNF.
    """
    if not report.rows:
        raise ValueError("an aggregate report has at least one record")
    if not _REPORT_ID.fullmatch(report.report_id):
        raise ValueError("a report id is made of dot-atom-text")
    lines = (
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<feedback xmlns="{NAMESPACE}">',
        "<version>1.0</version>",
        *_metadata(report),
        *_published(report.policy),
        *(line for row in report.rows for line in _record(row)),
        "</feedback>",
    )
    return ("\n".join(lines) + "\n").encode()


def _metadata(report: Report) -> Iterator[str]:
    yield "<report_metadata>"
    yield _required("org_name", report.organisation.name)
    yield _required("email", report.organisation.email)
    yield from _optional("extra_contact_info", report.organisation.contact)
    yield _required("report_id", report.report_id)
    yield f"<date_range><begin>{report.period.begin}</begin><end>{report.period.end}</end></date_range>"
    for error in report.errors:
        yield _required("error", error)
    yield from _optional("generator", report.generator)
    yield "</report_metadata>"


def _published(policy: PublishedPolicy) -> Iterator[str]:
    yield "<policy_published>"
    yield _required("domain", policy.domain)
    yield from _optional("discovery_method", policy.discovery_method)
    yield _required("p", policy.p)
    for name in ("sp", "np", "fo", "adkim", "aspf", "testing"):
        yield from _optional(name, getattr(policy, name))
    yield "</policy_published>"


def _record(row: Row) -> Iterator[str]:
    yield "<record>"
    yield f"<row>{_required('source_ip', row.source_ip)}<count>{row.count}</count>"
    yield "<policy_evaluated>"
    yield _required("disposition", row.disposition) + _required("dkim", row.dkim) + _required("spf", row.spf)
    yield from map(_override, row.overrides)
    yield "</policy_evaluated></row>"
    yield "<identifiers>"
    yield _required("header_from", row.header_from)
    yield from _optional("envelope_from", row.envelope_from)
    yield from _optional("envelope_to", row.envelope_to)
    yield "</identifiers>"
    yield "<auth_results>"
    yield from map(_dkim, row.dkim_results[:MAX_SIGNATURES])
    # DMARC looks at the MAIL FROM identity alone, and only that may be told (RFC 9990, element "spf").
    yield from [_spf(result) for result in row.spf_results if result.scope == "mfrom"][:1]
    yield "</auth_results>"
    yield "</record>"


def _override(override: Override) -> str:
    kind = override.type if override.type in OVERRIDES else "other"
    return f"<reason>{_required('type', kind)}{''.join(_optional('comment', override.comment))}</reason>"


def _dkim(result: DkimResult) -> str:
    names = _required("domain", result.domain) + _required("selector", result.selector)
    return f"<dkim>{names}{_required('result', result.result)}{_human(result.human_result)}</dkim>"


def _spf(result: SpfResult) -> str:
    names = _required("domain", result.domain) + _required("scope", result.scope)
    return f"<spf>{names}{_required('result', result.result)}{_human(result.human_result)}</spf>"


def _human(text: str) -> str:
    return "".join(_optional("human_result", text))


def _required(name: str, text: str) -> str:
    return f"<{name}>{escape(kept(text), quote=False)}</{name}>"


def _optional(name: str, text: str) -> list[str]:
    return [_required(name, text)] if text else []
