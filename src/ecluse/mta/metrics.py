"""What Prometheus is told: counts and times without any personal data."""

from __future__ import annotations

import time
from functools import cache
from typing import TypeVar

import structlog
from prometheus_client import Counter, Gauge, Histogram

from ecluse.domain.event import Ending
from ecluse.domain.incoming import Direction
from ecluse.domain.reply import Reply
from ecluse.domain.verdict import Verdict
from ecluse.mta.frequent import FrequentCounter, FrequentHistogram

Metric = TypeVar("Metric", FrequentCounter, FrequentHistogram)

log = structlog.get_logger()

LOG_EVERY_S = 60.0
_named_at: dict[str, float] = {}  # Collector -> when its failure was last named in the log (monotonic).

CONNECTIONS = FrequentCounter("ecluse_connections_total", "Connections taken.", ["direction"])
RECIPIENTS_REFUSED = Counter("ecluse_recipients_refused_total", "RCPT commands turned away.", ["code"])
MESSAGES = FrequentCounter("ecluse_messages_total", "Messages answered after the end of data.", ["direction", "answer"])
ENDINGS = FrequentCounter("ecluse_recipient_endings_total", "What happened to each recipient.", ["direction", "ending"])
VERDICTS = FrequentCounter(
    "ecluse_verdicts_total", "Verdicts, one a recipient.", ["direction", "disposition", "category"]
)
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120, 300)
ANSWER_SECONDS = FrequentHistogram(
    "ecluse_answer_seconds", "From the end of data to its answer.", ["direction"], buckets=_SECONDS
)
STAGE_SECONDS = FrequentHistogram("ecluse_stage_seconds", "The stages of an answer.", ["stage"], buckets=_SECONDS)
GREYLIST = Counter("ecluse_greylist_total", "Steps of greylisted mail; deferred less passed never came back.", ["step"])
LOCKS = Counter("ecluse_sending_locks_total", "Outbound senders locked by the node.", ["scope", "cause"])
OWN_LISTINGS = Gauge(
    "ecluse_own_address_listed",
    "1 while a DNS list names an address from which this node sends. Alert on any.",
    ["address", "list"],
    multiprocess_mode="livemax",
)
COLLECTOR_FAILURES = Counter("ecluse_collector_failures_total", "Facts that could not be had.", ["collector"])
EARLY_TALKERS = Counter("ecluse_early_talkers_total", "Peers that spoke before our greeting.")
TIMEOUTS = Counter("ecluse_session_timeouts_total", "Sessions ended for silence or slowness.", ["direction"])
OPENINGS = Counter(
    "ecluse_openings_total", "Files asked of the opening room, by where the answer came from.", ["source"]
)
OPENING_SECONDS = Histogram("ecluse_opening_seconds", "From the question to a helper's answer.", buckets=_SECONDS)
HELPERS_ENDED = Counter("ecluse_opening_helpers_ended_total", "Helpers that a file has ended.", ["cause"])
POISON = Counter("ecluse_opening_poison_total", "Files that ended helpers three times. Alert on any.")
LOGINS = Counter("ecluse_logins_total", "AUTH at the outbound doors, by how it ended.", ["outcome"])
SUBMISSIONS_REFUSED = Counter("ecluse_submissions_refused_total", "MAIL and messages that were not their client's.")
TLS_FAILURES = Counter("ecluse_tls_failures_total", "TLS handshakes that failed.")
SIGNED = FrequentCounter("ecluse_outbound_signed_total", "Outbound messages, signed or why not.", ["result"])
NO_ROOM = Counter("ecluse_no_room_total", "Answers 452 because the disk is full.")
BUGS = Counter("ecluse_internal_errors_total", "Faults of ours that deferred a message. Alert on any.")
DELIVERY_ATTEMPTS = Counter("ecluse_delivery_attempts_total", "Attempts from the spool.", ["outcome"])
QUEUE_MESSAGES = Gauge("ecluse_queue_messages", "Messages in the spool.", multiprocess_mode="livesum")
QUEUE_OLDEST_SECONDS = Gauge("ecluse_queue_oldest_seconds", "Age of the oldest one.", multiprocess_mode="livemax")
PROCESS_DEATHS = Counter("ecluse_process_deaths_total", "Processes that the supervisor replaced.", ["job"])
# 0 also where there is no control database: a gauge begins at 0 in every process.
CONTROL_AWAY = Gauge(
    "ecluse_control_away", "1 while the control database does not answer the agent.", multiprocess_mode="livemax"
)
POLICY_POSITION = Gauge(
    "ecluse_policy_position", "How far the node has followed the control plane.", multiprocess_mode="livemax"
)
LOG_AWAY = Gauge("ecluse_log_away", "1 while the message log does not take what happened.", multiprocess_mode="livemax")
LOG_COMPLETE = Gauge(
    "ecluse_log_complete_timestamp_seconds",
    "Until when the message log has all that happened here.",
    multiprocess_mode="livemax",
)
EVENTS_SHIPPED = Counter("ecluse_events_shipped_total", "Events of the journal that the message log has taken.")
COUNTERS_AWAY = Gauge(
    "ecluse_counters_away", "1 while the counter server does not answer a process.", multiprocess_mode="livemax"
)
BODIES_STORED = Gauge("ecluse_bodies_stored", "Held bodies in the object store.", multiprocess_mode="livemax")
BODIES_WAITING = Gauge(
    "ecluse_bodies_waiting", "Sealed bodies on the disk that the object store is to get.", multiprocess_mode="livemax"
)
BODIES_AWAY = Gauge(
    "ecluse_bodies_away", "1 while the object store does not do what is asked.", multiprocess_mode="livemax"
)
OUTAGE_ENDED = Counter("ecluse_outage_ended_total", "Messages that ended because of 168 hours of an outage (11-2).")
OUTAGES = Gauge("ecluse_outages", "Destinations out of reach.", multiprocess_mode="livesum")


@cache
def _child(metric: Metric, *labels: str) -> Metric:
    """A metric with its labels: looking it up in the library again for each message costs more than counting."""
    return metric.labels(*labels)


def count_connection(direction: Direction) -> None:
    """One connection has been taken."""
    _child(CONNECTIONS, direction).inc()


def count_verdict(direction: Direction, verdict: Verdict) -> None:
    """One recipient's message has been judged."""
    _child(VERDICTS, direction, verdict.disposition, verdict.category).inc()


def count_message(
    direction: Direction, reply: Reply, endings: dict[str, tuple[Ending, str]], laps_ms: dict[str, float]
) -> None:
    """One message has been answered; `laps_ms` are its stages."""
    _child(MESSAGES, direction, f"{reply.code // 100}xx").inc()
    _child(ANSWER_SECONDS, direction).observe(sum(laps_ms.values()) / 1000)
    for stage, milliseconds in laps_ms.items():
        _child(STAGE_SECONDS, stage).observe(milliseconds / 1000)
    for ending, _ in endings.values():
        _child(ENDINGS, direction, ending).inc()


def count_signing(result: str, seconds: float | None = None) -> None:
    """One outbound message was signed, or left as it was."""
    _child(SIGNED, result).inc()
    if seconds is not None:
        _child(STAGE_SECONDS, "sign").observe(seconds)


def count_collector_failure(collector: str, reason: str) -> None:
    """A collector left `Unknown`: counted each time, named in the log once a minute."""
    COLLECTOR_FAILURES.labels(collector).inc()
    now = time.monotonic()
    if now - _named_at.get(collector, -LOG_EVERY_S) >= LOG_EVERY_S:
        _named_at[collector] = now
        log.error("collector failed", collector=collector, problem=reason)


def count_opening(source: str) -> None:
    """A file was asked of the opening room."""
    OPENINGS.labels(source).inc()


def count_helper_end(cause: str) -> None:
    """A file has ended a helper."""
    HELPERS_ENDED.labels(cause).inc()


def count_poison(_fingerprint: str) -> None:
    """A file is not opened again."""
    POISON.inc()
