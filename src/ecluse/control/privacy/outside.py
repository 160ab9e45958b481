"""What is held of people outside of the control database: the message log and what nodes keep.

A store's fields are those of the records that it is made of, as "Record.field"; `RECORDS` says which these are, and a
test reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ecluse.domain.act import Act, Origin
from ecluse.domain.event import DmarcEvent, EvidenceEvent, MessageEvent, RecipientEvent, SessionEvent
from ecluse.domain.held import HeldSummary
from ecluse.domain.learned import LearnedFacts
from ecluse.domain.limit_mark import LimitMark
from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose
from ecluse.domain.queue import QueuedMessage, QueuedRecipient
from ecluse.domain.received_report import ReceivedReport, ReportMail, ReportSource

_LAW = "the record of a filtered message is kept for 365 days, or for fewer where its client has so chosen (CPCE art. R10-13; 15-8)"
_HASHED = "numbers of tokens under a digest of who said so: nobody can be found in it (GDPR art. 11)"
_QUEUE = "it waits for its recipient: five days, 168 hours at an outage (11-2)"
_LETTER = "a letter that its recipient may still have; gone within 30 days (15-4)"
_OURS = "a word of ours"
_SERVER = "of servers"

LOG = "message log"

OUTSIDE: tuple[Store, ...] = (
    Store(
        LOG,  # And the journal of each node, from which it is made: the same records, no longer.
        Purpose.PROOF,
        Basis.OBLIGATION,
        Kept.LOGS,
        (
            Personal("MessageEvent.sender", Holds.ADDRESS, Whose.CORRESPONDENT, Erasing.KEPT, _LAW),
            Personal("MessageEvent.ip", Holds.BESIDE, Whose.CORRESPONDENT, Erasing.KEPT, _LAW),
            Personal("MessageEvent.subject", Holds.BESIDE, Whose.ANYBODY, Erasing.KEPT, _LAW),
            Personal("MessageEvent.account", Holds.BESIDE, Whose.USER, Erasing.KEPT, _LAW),
            Personal("MessageEvent.helo", Holds.BESIDE, Whose.CORRESPONDENT, Erasing.KEPT, _LAW),
            Personal("MessageEvent.reply", Holds.BESIDE, Whose.ANYBODY, Erasing.KEPT, _LAW),
            Personal("RecipientEvent.address", Holds.ADDRESS, Whose.USER, Erasing.KEPT, _LAW),
            Personal("RecipientEvent.findings", Holds.BESIDE, Whose.ANYBODY, Erasing.KEPT, _LAW),
            Personal("RecipientEvent.reply", Holds.BESIDE, Whose.ANYBODY, Erasing.KEPT, _LAW),
            Impersonal("MessageEvent.id", "made of the time and random"),
            Impersonal("MessageEvent.direction", _OURS),
            Impersonal("MessageEvent.client", "an organisation"),
            Impersonal("MessageEvent.tls", "how a session was encrypted"),
            Impersonal("MessageEvent.route", "a server"),
            Impersonal("MessageEvent.route_tls", _OURS),
            Impersonal("MessageEvent.timings_ms", "durations"),
            Impersonal("MessageEvent.fingerprints", "digests of content"),
            Impersonal("MessageEvent.released_by", "which of three ways"),
            Impersonal("RecipientEvent.disposition", _OURS),
            Impersonal("RecipientEvent.category", _OURS),
            *(
                Impersonal(f"DmarcEvent.{field}", "of domains")
                for field in ("from_domain", "policy_domain", "record", "policy", "spf", "dkim")
            ),
            Impersonal("EvidenceEvent.points", "numbers"),
            Impersonal("LearnedFacts.version", "of a model"),
            *(
                Impersonal(f"SessionEvent.{field}", _SERVER)
                for field in ("host", "word", "source", "address", "policy", "strings", "hosts", "reason")
            ),
            Personal("LimitMark.name", Holds.BESIDE, Whose.USER, Erasing.KEPT, _LAW),
            Impersonal("LimitMark.client", "an organisation"),
            Impersonal("LimitMark.answer", "a sentence of ours, with numbers"),
        ),
    ),
    Store(
        "spool and held bodies",
        Purpose.DELIVERY,
        Basis.INSTRUCTION,
        Kept.BODIES,
        (
            Personal("QueuedMessage.sender", Holds.BESIDE, Whose.CORRESPONDENT, Erasing.LAPSES, _QUEUE),
            Personal("QueuedMessage.recipients", Holds.BESIDE, Whose.USER, Erasing.SERVICE, _LETTER),
            Personal("QueuedMessage.reason", Holds.BESIDE, Whose.ANYBODY, Erasing.LAPSES, _QUEUE),
            Personal("QueuedMessage.envid", Holds.BESIDE, Whose.CORRESPONDENT, Erasing.LAPSES, _QUEUE),
            Personal("QueuedMessage.verdict", Holds.BESIDE, Whose.ANYBODY, Erasing.LAPSES, _LETTER),
            Personal("QueuedMessage.summary", Holds.SEALED, Whose.ANYBODY, Erasing.LAPSES, _LETTER),
            Personal("QueuedMessage.account", Holds.BESIDE, Whose.USER, Erasing.LAPSES, _QUEUE),
            Personal("QueuedMessage.ip", Holds.BESIDE, Whose.USER, Erasing.LAPSES, _QUEUE),
            Personal("QueuedRecipient.address", Holds.BESIDE, Whose.USER, Erasing.LAPSES, _QUEUE),
            Personal("QueuedRecipient.orcpt", Holds.BESIDE, Whose.USER, Erasing.LAPSES, _QUEUE),
            Personal("QueuedRecipient.reply", Holds.BESIDE, Whose.ANYBODY, Erasing.LAPSES, _QUEUE),
            Personal("HeldSummary.author", Holds.SEALED, Whose.CORRESPONDENT, Erasing.LAPSES, _LETTER),
            Personal("HeldSummary.subject", Holds.SEALED, Whose.ANYBODY, Erasing.LAPSES, _LETTER),
            Impersonal("QueuedMessage.id", "made of the time and random"),
            Impersonal("QueuedMessage.client", "an organisation"),
            Impersonal("QueuedMessage.destination", "a domain"),
            Impersonal("QueuedMessage.proven", "a domain"),
            Impersonal("QueuedMessage.rewrites_in", "a domain"),
            Impersonal("QueuedMessage.body", "a word of SMTP"),
            Impersonal("QueuedMessage.ret", "a word of SMTP"),
            Impersonal("QueuedMessage.seal", "a key, sealed to the client"),
            Impersonal("QueuedMessage.token", "a digest of a random secret"),
            Impersonal("QueuedRecipient.notify", "words of SMTP"),
            Impersonal("QueuedRecipient.category", _OURS),
        ),
    ),
    Store(
        "learning",
        Purpose.FILTERING,
        Basis.INSTRUCTION,
        Kept.WHILE_USED,
        (
            Personal("Act.voter", Holds.SEALED, Whose.USER, Erasing.LAPSES, _HASHED),
            Personal("Act.tokens", Holds.SEALED, Whose.ANYBODY, Erasing.LAPSES, _HASHED),
            Impersonal("Act.message", "an id"),
            Impersonal("Origin.node", _SERVER),
            Impersonal("Origin.log", "a time"),
        ),
    ),
    Store(
        "reports of others",
        Purpose.DELIVERY,
        Basis.INSTRUCTION,
        Kept.LOGS,
        (
            Impersonal("ReportMail.id", "of a message"),
            Impersonal("ReportMail.client", "an organisation"),
            Impersonal("ReportMail.proven", "a domain"),
            Impersonal("ReportMail.ip", "a server; of a copy that waits some seconds to be read"),
            Personal(
                "ReportMail.about",
                Holds.ADDRESS,
                Whose.USER,
                Erasing.LAPSES,
                "of a bounce that waits some seconds to be read",
            ),
            Impersonal("ReportSource.source", "a server"),
            Impersonal("ReportSource.detail", "words of a standard"),
            *(
                Impersonal(f"ReceivedReport.{field}", "of domains")
                for field in ("domain", "reporter", "report_id", "policy")
            ),
        ),
    ),
)

RECORDS: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {
        LOG: (MessageEvent, RecipientEvent, DmarcEvent, EvidenceEvent, LearnedFacts, SessionEvent, LimitMark),
        "spool and held bodies": (QueuedMessage, QueuedRecipient, HeldSummary),
        "learning": (Act, Origin),
        "reports of others": (ReceivedReport, ReportMail, ReportSource),
    }
)
