"""What the journal is told of a message: who sent it to whom, what was found, and what became of it."""

from __future__ import annotations

import time

from ecluse.domain.event import Ending, EvidenceEvent, MessageEvent, RecipientEvent, Stage
from ecluse.domain.evidence import Unknown
from ecluse.domain.log_row import MAX_SUBJECT
from ecluse.domain.verdict import Verdict
from ecluse.filtering.weights import score
from ecluse.mta.reception.judged import Judged
from ecluse.mta.reception.sealing import subject_of


def event_of(
    judged: Judged, stage: Stage, endings: dict[str, tuple[Ending, str]], reply: str, timings_ms: dict[str, float]
) -> MessageEvent:
    """The event of this stage; `endings` as in `Settlement`."""
    incoming, found = judged.incoming, judged.found
    return MessageEvent(
        id=incoming.id,
        stage=stage,
        at=time.time(),
        direction=incoming.direction,
        client=incoming.client,
        ip=incoming.peer.ip,
        helo=incoming.peer.helo,
        tls=incoming.peer.tls,
        sender=incoming.envelope.sender_text,
        recipients=tuple(
            _recipient_event(key, judged.verdicts[key], ending, is_found=key in found)
            for key, ending in endings.items()
        ),
        size=incoming.content.size,
        reply=reply,
        timings_ms=timings_ms,
        fingerprints=_fingerprints(judged, stage),
        evidence=_evidence_event(judged) if stage is Stage.OUTCOME else None,
        subject=_subject(judged) if stage is Stage.OUTCOME else "",
        account=incoming.account.name if incoming.account else "",
    )


def _subject(judged: Judged) -> str:
    """Content: kept only where the client wishes it (15-8)."""
    return subject_of(judged.section)[:MAX_SUBJECT] if judged.policy.logs_subjects else ""


def _fingerprints(judged: Judged, stage: Stage) -> tuple[str, ...]:
    facts = judged.evidence.campaign
    return facts.fingerprints if stage is Stage.OUTCOME and not isinstance(facts, Unknown) else ()


def _evidence_event(judged: Judged) -> EvidenceEvent:
    """Recipients of one client share its weights, so that a code counts the same for all."""
    findings = {one.code: one for verdict in judged.verdicts.values() for one in verdict.findings}
    points = {code: round(score((one,), judged.policy), 3) for code, one in findings.items()}
    facts = judged.evidence.learned
    learned = None if isinstance(facts, Unknown) else facts
    return EvidenceEvent({code: value for code, value in points.items() if value}, learned)


def _recipient_event(key: str, verdict: Verdict, ending: tuple[Ending, str], *, is_found: bool) -> RecipientEvent:
    return RecipientEvent(
        address=key,
        fate=ending[0],
        disposition=verdict.disposition,
        category=verdict.category,
        score=verdict.score,
        findings=tuple(f"{one.code}: {one.detail}" if one.detail else one.code for one in verdict.findings),
        reply=ending[1],
        is_found=is_found,
    )
