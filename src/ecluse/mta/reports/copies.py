"""Which mail goes to an address that takes reports, to the provider's support or to a return path, and its copy for whoever reads it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from ecluse.domain.content import Content
from ecluse.domain.errors import Unavailable
from ecluse.domain.incoming import Incoming
from ecluse.domain.policy import Policy
from ecluse.domain.received_report import ReportMail
from ecluse.ports.report_inbox import ReportInbox

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ReportCopies:
    """Keeps a copy of what was accepted for such an address; the mail itself goes its usual way."""

    inbox: ReportInbox
    addresses: frozenset[str]  # `Address.key` of those that the provider has named; clients name their own for reports.
    what: str = "report"  # What the mail is, for the log: "support mail", "bounce".

    def takes(self, recipient: str, policy: Policy) -> bool:
        """Whether mail to this `Address.key` may bring reports."""
        return recipient in policy.report_addresses or recipient in self.addresses

    async def keep(self, incoming: Incoming, proven: str, about: str = "") -> None:
        """What was accepted at this moment; `about` is whose mail came back."""
        is_bounce = incoming.envelope.sender is None
        ip = incoming.peer.ip
        mail = ReportMail(incoming.id, incoming.client, incoming.received_at, proven, is_bounce, ip, about)
        await self.keep_mail(mail, incoming.content)

    async def keep_mail(self, mail: ReportMail, content: Content) -> None:
        """Keep a copy; the mail is safe already, so that nothing that fails here may matter to its sender."""
        try:
            is_kept = await asyncio.to_thread(self.inbox.keep, mail, content)
        except Unavailable as problem:
            log.error("copy not kept", what=self.what, id=mail.id, problem=str(problem))
        except Exception:
            # The next hop may have the mail: a 451 now would double it.
            log.exception("copy not kept by a fault of ours", what=self.what, id=mail.id)
        else:
            if not is_kept:
                log.warning("copy not kept", what=self.what, id=mail.id, problem="too large, or too many wait")
