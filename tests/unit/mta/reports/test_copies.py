"""Copies of mail that may bring reports: whatever goes wrong with them, the mail itself is safe already."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.errors import NoRoom
from ecluse.mta.reports.copies import ReportCopies
from tests.unit.filtering.samples import MESSAGE, POLICY, incoming


class Inbox:
    def __init__(self, answer):
        self.answer = answer
        self.kept = []

    def keep(self, mail, content):
        self.kept.append(mail)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize("answer", [True, False, NoRoom("disk full"), ZeroDivisionError()], ids=repr)
async def test_nothing_that_fails_is_told_to_the_sender(answer):
    inbox = Inbox(answer)
    arrived = incoming(MESSAGE)
    await ReportCopies(inbox, frozenset()).keep(arrived, "reporter.example")
    [mail] = inbox.kept
    assert (mail.id, mail.client, mail.proven) == (arrived.id, arrived.client, "reporter.example")


def test_an_address_takes_reports_where_its_client_or_the_provider_says_so():
    copies = ReportCopies(Inbox(answer=True), frozenset({"all@provider.example"}))
    policy = replace(POLICY, report_addresses=frozenset({"dmarc@one.example"}))
    assert copies.takes("all@provider.example", POLICY)
    assert copies.takes("dmarc@one.example", policy)
    assert not copies.takes("dmarc@one.example", POLICY)
