"""What of a client's inbound mail is read here too, once it is on its way: reports, tickets, bounces, what users say."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from ecluse.domain.event import TAKEN
from ecluse.filtering.identities import proven_author
from ecluse.mta.reception.cut_through import Settlement
from ecluse.mta.reception.judged import Judged
from ecluse.mta.reports.copies import ReportCopies
from ecluse.mta.reports.feedback_mail import FeedbackMail

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Readers:
    """Of the inbound door."""

    reports: ReportCopies
    support: ReportCopies | None  # None: no mail becomes a ticket of the provider's support.
    bounces: ReportCopies | None  # None: nobody reads what comes back to a client.
    feedback: FeedbackMail

    async def read(self, judged: Judged, settlement: Settlement) -> None:
        """What was taken, for whoever it is of use to."""
        await self._copy_reports(judged, settlement)
        await self._copy_for_support(judged, settlement)
        await self._copy_bounce(judged, settlement)
        await self._hear_feedback(judged, settlement)

    def takes_reports(self, judged: Judged) -> bool:
        """Whether a recipient takes reports; about such mail none is made, or two gateways would never end."""
        return any(self.reports.takes(one.recipient.address.key, one.policy) for one in judged.served)

    async def _copy_reports(self, judged: Judged, settlement: Settlement) -> None:
        if self.takes_reports(judged) and any(ending in TAKEN for ending, _ in settlement.endings.values()):
            await self.reports.keep(judged.incoming, proven_author(judged.evidence))

    async def _copy_for_support(self, judged: Judged, settlement: Settlement) -> None:
        if self.support is None:
            return
        addresses = self.support.addresses
        if any(key in addresses and ending in TAKEN for key, (ending, _) in settlement.endings.items()):
            await self.support.keep(judged.incoming, proven_author(judged.evidence))

    async def _copy_bounce(self, judged: Judged, settlement: Settlement) -> None:
        """What came to a return path that we have signed: who sends mail has one, so that such a bounce has one recipient."""
        if self.bounces is None or judged.incoming.envelope.sender is not None:
            return
        about = [one.recipient.address.key for one in judged.served if one.came_back]
        if len(about) == 1 and settlement.endings.get(about[0], (None,))[0] in TAKEN:
            await self.bounces.keep(judged.incoming, proven_author(judged.evidence), about[0])

    async def _hear_feedback(self, judged: Judged, settlement: Settlement) -> None:
        """What users say of other messages."""
        for key, (ending, _) in settlement.endings.items():
            if key in judged.policy.feedback_addresses and ending in TAKEN:
                if any(one.code == "FEEDBACK_MAIL" for one in judged.verdicts[key].findings):
                    is_spam = key in judged.policy.spam_reports_to
                    await self.feedback.hear(judged.incoming, judged.section, is_spam=is_spam)
                else:
                    log.info("feedback not heard", id=judged.incoming.id, problem="nothing proves that a user wrote it")
