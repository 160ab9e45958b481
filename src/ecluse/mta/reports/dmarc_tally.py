"""Counts the messages of a day for the aggregate reports of RFC 9990."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace

from ecluse.domain.event import DmarcEvent, Ending, MessageEvent, RecipientEvent, Stage
from ecluse.domain.published_tags import read_tags
from ecluse.wire.reports.aggregate import DkimResult, Override, PublishedPolicy, Row, SpfResult, accumulate

MAX_ROWS = 100_000  # Different ones of all reports of a day; messages beyond them are not told.

_REFUSED = frozenset({Ending.REFUSED})
_HELD = frozenset({Ending.HELD})
_TEMPORARY = frozenset({Ending.DEFERRED})
_BY_DMARC = ("DMARC_REJECT", "DMARC_QUARANTINE")
# Why a forgery by the book was delivered (RFC 9990, "PolicyOverrideType").
_OVERRIDES = (("ARC_OVERRIDE", "trusted_forwarder"), ("LIST_FORWARD", "mailing_list"))


class DmarcTally:
    """Rows by published policy."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Counter[Row]] = defaultdict(Counter)  # Policy domain, record -> rows.
        self._different = 0
        self.untold = 0  # Messages beyond `MAX_ROWS`.

    def add(self, event: MessageEvent) -> None:
        """Count one journal record; those that are no outcome, or that only put a message off, count nothing."""
        seen = event.dmarc
        if seen is None or event.stage is not Stage.OUTCOME or not _is_answered(event):
            return
        rows, row = self._rows[seen.policy_domain, seen.record], _row(event, seen)
        if row not in rows:
            if self._different >= MAX_ROWS:
                self.untold += 1
                return
            self._different += 1
        rows[row] += 1

    def policies(self) -> Iterator[tuple[PublishedPolicy, tuple[Row, ...]]]:
        """Each published policy with its rows, those of the most messages first: a limit must hit forgers' domains."""
        for (domain, record), rows in sorted(self._rows.items(), key=lambda item: (-item[1].total(), item[0])):
            counted = tuple(replace(row, count=count) for row, count in rows.items())
            if counted:
                yield _published(domain, record), accumulate(counted)


def _is_answered(event: MessageEvent) -> bool:
    return any(one.fate not in _TEMPORARY for one in event.recipients)


def _row(event: MessageEvent, seen: DmarcEvent) -> Row:
    disposition = _disposition(event.recipients, seen)
    return Row(
        source_ip=event.ip,
        disposition=disposition,
        dkim="pass" if seen.is_dkim_aligned else "fail",
        spf="pass" if seen.is_spf_aligned else "fail",
        header_from=seen.from_domain,
        count=0,
        envelope_from=event.sender.rpartition("@")[2].lower(),
        overrides=tuple(_overrides(event.recipients, seen, disposition)),
        dkim_results=tuple(DkimResult(*one) for one in seen.dkim),
        spf_results=(SpfResult(*seen.spf),) if seen.spf else (),
    )


def _disposition(recipients: tuple[RecipientEvent, ...], seen: DmarcEvent) -> str:
    """What DMARC made of the message; what was refused for other reasons counts as not touched by it."""
    if seen.is_spf_aligned or seen.is_dkim_aligned:
        return "pass"
    moved = [one for one in recipients if _codes(one) & set(_BY_DMARC)]
    if any(one.fate in _REFUSED for one in moved):
        return "reject"
    return "quarantine" if any(one.fate in _HELD for one in moved) else "none"


def _overrides(recipients: tuple[RecipientEvent, ...], seen: DmarcEvent, disposition: str) -> Iterator[Override]:
    if disposition in {"pass", seen.policy}:
        if "t=y" in seen.record.split() and disposition == seen.policy:
            yield Override("policy_test_mode")
        return
    codes = set().union(*map(_codes, recipients))
    named = [kind for code, kind in _OVERRIDES if code in codes]
    yield Override(named[0] if named else "local_policy")


def _codes(recipient: RecipientEvent) -> set[str]:
    return {finding.partition(":")[0] for finding in recipient.findings}


def _published(domain: str, record: str) -> PublishedPolicy:
    tags = read_tags(record)
    return PublishedPolicy(
        domain,
        p=tags.get("p", "none"),
        sp=tags.get("sp", ""),
        np=tags.get("np", ""),
        adkim=tags.get("adkim", ""),
        aspf=tags.get("aspf", ""),
        fo=tags.get("fo", ""),
        testing=tags.get("t", ""),
        discovery_method="treewalk",
    )
