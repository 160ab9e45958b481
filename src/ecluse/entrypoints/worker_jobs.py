"""What `ecluse worker` does, and how often; jobs that write letters meet the mail server here."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog
from django_scopes import scopes_disabled

from ecluse.control.support.desk import Desk
from ecluse.domain.errors import Unavailable
from ecluse.domain.evidence import ScanState
from ecluse.entrypoints.file_scan import file_scan
from ecluse.entrypoints.fresh_names import FreshNames
from ecluse.entrypoints.log_store import open_log
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.post import Post, mail_server
from ecluse.entrypoints.settings_tables import Settings
from ecluse.entrypoints.web_settings import database_url, support_desk
from ecluse.ports.message_log import MessageLog

log = structlog.get_logger()

LOOK_EVERY_S = 5.0

Found = TypeVar("Found")


def _by_mail(work: Callable[[Post], None], settings: Settings) -> None:
    """Where a mail server is configured."""
    if settings.web.mail_through is not None:
        with mail_server(settings, settings.web.mail_through) as post:
            work(post)


def _end_sessions(_settings: Settings) -> None:
    from ecluse.web.sign_in.expiry import end_expired  # noqa: PLC0415 - models exist once Django has started.

    end_expired(datetime.now(UTC))


def _end_broken_glass(_settings: Settings) -> None:
    from ecluse.control.accounts.break_glass import end_overdue  # noqa: PLC0415 - as above.

    end_overdue(datetime.now(UTC))


def _end_held_mail(_settings: Settings) -> None:
    from ecluse.control.mail.jobs import keep_house  # noqa: PLC0415 - as above.
    from ecluse.control.privacy.old_rows import note_held_rows  # noqa: PLC0415 - the same.

    now = datetime.now(UTC)
    note_held_rows(now, keep_house(now.timestamp()))


def _forget_told(_settings: Settings) -> None:
    from ecluse.control.webhooks.jobs import keep_house  # noqa: PLC0415 - as above.

    keep_house(time.time())


def _forget_backlogs(_settings: Settings) -> None:
    from ecluse.control.attempts.rows import forget_old  # noqa: PLC0415 - as above.
    from ecluse.control.operation.nodes import forget_old_backlogs  # noqa: PLC0415 - the same.

    now = datetime.now(UTC)
    forget_old_backlogs(now)
    forget_old(now)


def _look_at_locks(settings: Settings) -> None:
    from ecluse.control.abuse import evidence, lock_alarms, locks  # noqa: PLC0415 - as above.

    now = time.time()
    if count := locks.spread_ends(now) + locks.spread_locks(now):
        log.info("locks spread", orders=count)
    if count := locks.sort_locks():
        log.info("locks sorted", count=count)
    _by_mail(partial(_tell_of_locks, abuse_address=settings.web.abuse_address or ""), settings)
    locks.forget_old(now)
    lock_alarms.forget_alarms(now)
    evidence.forget_evidence(now)


def _tell_of_locks(post: Post, abuse_address: str) -> None:
    from ecluse.control.abuse.lock_alarms import tell_of_locks  # noqa: PLC0415 - as above.
    from ecluse.web.console.lock_mail import lock_mail  # noqa: PLC0415 - the same.

    if count := tell_of_locks(time.time(), lambda each: post.send(lock_mail(each)), abuse_address):
        log.info("told of locks", letters=count)


def _tell_of_approvals(post: Post) -> None:
    from ecluse.control.mail.approval_letters import tell_of_approvals  # noqa: PLC0415 - as above.
    from ecluse.web.console.approval_mail import approval_mail  # noqa: PLC0415 - the same.

    if count := tell_of_approvals(time.time(), lambda each: post.send(approval_mail(each))):
        log.info("told of approvals", letters=count)


def _tell_of_found(post: Post) -> None:
    from ecluse.control.directories.found_letters import tell_of_found  # noqa: PLC0415 - as above.
    from ecluse.web.console.found_mail import found_mail  # noqa: PLC0415 - the same.

    if count := tell_of_found(time.time(), lambda each: post.send(found_mail(each))):
        log.info("told of found addresses", letters=count)


def _tell_of_listings(post: Post) -> None:
    from ecluse.control.operation.listing_alarms import tell_of_listings  # noqa: PLC0415 - as above.
    from ecluse.web.backoffice.listing_mail import listing_mail  # noqa: PLC0415 - the same.

    count = tell_of_listings(datetime.now(UTC), lambda each: post.send(listing_mail(each)))
    if count:
        log.info("told of listings", letters=count)


def _sort_complaints(settings: Settings) -> None:
    from ecluse.control.abuse.cases import forget_old, sort_complaints  # noqa: PLC0415 - as above.
    from ecluse.control.abuse.complainers import suppress_complainers  # noqa: PLC0415 - the same.

    count = sort_complaints()
    if suppressed := _with_log(settings, suppress_complainers):
        log.info("recipients suppressed", count=suppressed)
    forget_old(datetime.now(UTC))
    if count:
        log.info("complaints sorted", count=count)


def _note_busy_days(settings: Settings) -> None:
    from ecluse.control.abuse.busy_days import note_busy_days  # noqa: PLC0415 - as above.

    if count := _with_log(settings, partial(note_busy_days, now=time.time())):
        log.warning("too much mail of one address", addresses=count)


def _look_at_limits(settings: Settings) -> None:
    from ecluse.control.abuse.limit_letters import forget_alarms  # noqa: PLC0415 - as above.
    from ecluse.control.abuse.near_limits import forget_limits  # noqa: PLC0415 - the same.

    _by_mail(_tell_of_limits, settings)
    now = time.time()
    forget_alarms(now)
    forget_limits(now)


def _tell_of_limits(post: Post) -> None:
    from ecluse.control.abuse.limit_letters import tell_of_limits  # noqa: PLC0415 - as above.
    from ecluse.web.console.limit_mail import limit_mail  # noqa: PLC0415 - the same.

    if count := tell_of_limits(time.time(), lambda each: post.send(limit_mail(each))):
        log.info("told of limits", letters=count)


def _flag_late(settings: Settings) -> None:
    from ecluse.control.abuse.late_flags import flag_late, forget_old  # noqa: PLC0415 - as above.

    now = time.time()
    if count := _with_log(settings, partial(flag_late, now=now)):
        log.warning("mail known too late", copies=count)
    forget_old(now)


def _suppress_unknown(settings: Settings) -> None:
    from ecluse.control.suppression.jobs import forget_old, suppress_unknown  # noqa: PLC0415 - as above.

    if count := _with_log(settings, suppress_unknown):
        log.info("recipients suppressed", count=count)
    forget_old(datetime.now(UTC))


def _with_log(settings: Settings, work: Callable[[MessageLog], Found]) -> Found:
    message_log = open_log(database_url(settings), settings.data_dir)
    try:
        return work(message_log)
    finally:
        message_log.close()


def _turn_contracts(_settings: Settings) -> None:
    now = datetime.now(UTC)
    _bill(now)
    _turn_periods(now)
    _give_back(now)
    _change_terms(now)


def _bill(now: datetime) -> None:
    from ecluse.control.billing.amendment_invoices import issue_due_amendments  # noqa: PLC0415 - as above.
    from ecluse.control.billing.invoices import issue_due  # noqa: PLC0415 - the same.

    if count := issue_due(now):
        log.info("invoices issued", count=count)
    if count := issue_due_amendments(now):
        log.info("amendments invoiced", count=count)


def _turn_periods(now: datetime) -> None:
    from ecluse.control.billing.invoices import unbilled  # noqa: PLC0415 - as above.
    from ecluse.control.contracts.life import turn_due  # noqa: PLC0415 - the same.
    from ecluse.control.contracts.refund_requests import leave_due  # noqa: PLC0415 - the same.

    if count := leave_due(now):
        log.info("clients left", count=count)
    if count := turn_due(now, unbilled=unbilled(now)):
        log.info("contracts turned", count=count)


def _give_back(now: datetime) -> None:
    """What the contract gives back of its own invoices first: a claim may go on any of the client's."""
    from ecluse.control.billing.refund_notes import credit_refunds  # noqa: PLC0415 - as above.
    from ecluse.control.billing.stranded import place_stranded  # noqa: PLC0415 - the same.

    if count := credit_refunds(now):
        log.info("refunds credited", count=count)
    if count := place_stranded(now):
        log.info("claims placed", count=count)


def _change_terms(now: datetime) -> None:
    from ecluse.control.contracts.change_notices import apply_due  # noqa: PLC0415 - as above.

    if count := apply_due(now):
        log.info("terms changed", count=count)


def _tell_of_changes(post: Post) -> None:
    from ecluse.control.contracts.change_notices import send_letters  # noqa: PLC0415 - as above.
    from ecluse.web.console.change_mail import change_mail  # noqa: PLC0415 - the same.

    if count := send_letters(datetime.now(UTC), lambda each: post.send(change_mail(each))):
        log.info("told of changes", letters=count)


def _tell_of_service(post: Post) -> None:
    from ecluse.control.contracts.service_letters import tell_of_service  # noqa: PLC0415 - as above.
    from ecluse.control.sla.mx_checks import domains_that_lead_here  # noqa: PLC0415 - the same.
    from ecluse.web.console.service_mail import service_mail  # noqa: PLC0415 - the same.

    now = datetime.now(UTC)
    if count := tell_of_service(now, lambda each: post.send(service_mail(each)), domains_that_lead_here):
        log.info("told of service", letters=count)


def _end_access(_settings: Settings) -> None:
    from ecluse.control.webhooks.services import switch_off_ended  # noqa: PLC0415 - as above.
    from ecluse.web.sign_in.expiry import end_of_shut_out  # noqa: PLC0415 - the same.

    sessions, webhooks = end_of_shut_out(), switch_off_ended()
    if sessions or webhooks:
        log.info("access ended with contracts", sessions=sessions, webhooks=webhooks)


def _measure(settings: Settings) -> None:
    """What the SLA is measured by, once a minute: servers of new clients, a look at each client's MX a day."""
    from ecluse.control.sla.mx_checks import check_due  # noqa: PLC0415 - as above.
    from ecluse.control.sla.servers import assign_due  # noqa: PLC0415 - the same.

    if count := assign_due(tuple(map(str, settings.web.exchanges))):
        log.info("servers assigned", clients=count)
    if count := check_due(FreshNames(settings).look_up, int(time.time())):
        log.info("MX records checked", clients=count)


def _tell_of_breaches(post: Post) -> None:
    from ecluse.control.sla.breach_letters import tell_of_breaches  # noqa: PLC0415 - models exist once Django has started.
    from ecluse.web.console.breach_mail import breach_mail  # noqa: PLC0415 - the same.

    if count := tell_of_breaches(datetime.now(UTC), lambda each: post.send(breach_mail(each))):
        log.info("told of breaches", letters=count)


def _close_months(settings: Settings) -> None:
    from ecluse.control.sla.closing import close_due, forget_old  # noqa: PLC0415 - as above.
    from ecluse.control.sla.downtimes import forget_minutes  # noqa: PLC0415 - the same.

    now = datetime.now(UTC)
    if count := _with_log(settings, partial(close_due, now=now)):
        log.info("months closed", count=count)
    forget_old(now)
    forget_minutes(now)
    _by_mail(_tell_of_breaches, settings)


def _make_invoices(settings: Settings) -> None:
    from ecluse.entrypoints.invoice_jobs import (  # noqa: PLC0415 - models exist once Django has started.
        deposit_invoices,
        draw_invoices,
        draw_letters,
        draw_papers,
        send_invoices,
    )

    draw_invoices()
    draw_papers()
    draw_letters()
    if settings.invoices.platform_folder is not None:
        deposit_invoices(settings.invoices.platform_folder)
    _by_mail(send_invoices, settings)


def _look_at_late_payment(settings: Settings) -> None:
    from ecluse.entrypoints.invoice_jobs import claim_and_climb, tell_late  # noqa: PLC0415 - as above.

    claim_and_climb()
    _by_mail(tell_late, settings)


def _keep_books(_settings: Settings) -> None:
    from ecluse.control.billing.books import book_due  # noqa: PLC0415 - as above.

    if count := book_due():
        log.info("entries booked", count=count)


def _work_on_requests(settings: Settings) -> None:
    from ecluse.control.privacy import incidents, requests, requisitions  # noqa: PLC0415 - as above.

    now = datetime.now(UTC)
    _by_mail(_remind_of_requests, settings)
    for register in (requests, incidents, requisitions):
        register.forget_old(now)


def _tell_of_registers(settings: Settings) -> None:
    from ecluse.control.privacy.requisitions import prepare_letters  # noqa: PLC0415 - as above.

    prepare_letters(datetime.now(UTC))
    _by_mail(_send_register_letters, settings)
    _by_mail(_tell_owners_of_incidents, settings)


def _tell_owners_of_incidents(post: Post) -> None:
    from ecluse.control.privacy.alarms import tell_owners  # noqa: PLC0415 - as above.
    from ecluse.web.backoffice.incident_mail import incident_mail  # noqa: PLC0415 - the same.

    if count := tell_owners(datetime.now(UTC), lambda each: post.send(incident_mail(each))):
        log.info("owners told of incidents", letters=count)


def _send_register_letters(post: Post) -> None:
    from ecluse.control.privacy.letters import send_letters  # noqa: PLC0415 - as above.
    from ecluse.web.console.register_mail import register_mail  # noqa: PLC0415 - the same.

    if count := send_letters(datetime.now(UTC), lambda each: post.send(register_mail(each))):
        log.info("told of registers", letters=count)


def _remind_of_requests(post: Post) -> None:
    from ecluse.control.privacy.reminders import remind  # noqa: PLC0415 - as above.
    from ecluse.web.backoffice.request_mail import request_mail  # noqa: PLC0415 - the same.

    if count := remind(datetime.now(UTC), lambda each: post.send(request_mail(each))):
        log.info("reminded of requests", letters=count)


def _keep_desk(settings: Settings) -> None:
    from ecluse.control.support.retention import keep_house  # noqa: PLC0415 - as above.

    keep_house(datetime.now(UTC), support_desk(settings))


def _handle_support_mail(settings: Settings) -> None:
    from ecluse.control.support.arrivals import sort_mail  # noqa: PLC0415 - as above.

    if count := sort_mail():
        log.info("support mail sorted", count=count)
    _by_mail(partial(_send_support_letters, file_scan(settings)), settings)


def _send_support_letters(scan: Callable[[bytes], ScanState] | None, post: Post) -> None:
    from ecluse.control.support.letters import send_letters  # noqa: PLC0415 - as above.
    from ecluse.web.support_mail import support_mail  # noqa: PLC0415 - the same.

    if count := send_letters(datetime.now(UTC), lambda each: post.send(support_mail(each, scan))):
        log.info("support mail sent", count=count)


def _look_at_silence(settings: Settings) -> None:
    from ecluse.control.support.reminders import remind_clients, solve_silent  # noqa: PLC0415 - as above.

    now, desk = datetime.now(UTC), support_desk(settings)
    if count := remind_clients(now, desk):
        log.info("clients reminded of tickets", count=count)
    if count := solve_silent(now, desk):
        log.info("tickets solved by silence", count=count)
    _by_mail(partial(_remind_of_tickets, desk), settings)


def _remind_of_tickets(desk: Desk, post: Post) -> None:
    from ecluse.control.support.reminders import remind_agents  # noqa: PLC0415 - as above.
    from ecluse.web.backoffice.ticket_mail import ticket_mail  # noqa: PLC0415 - the same.

    if count := remind_agents(datetime.now(UTC), desk, lambda each: post.send(ticket_mail(each))):
        log.info("reminded of tickets", letters=count)


def _purge_old_rows(_settings: Settings) -> None:
    from ecluse.control.directories.found import forget_found  # noqa: PLC0415 - as above.
    from ecluse.control.privacy.old_rows import purge_old_rows  # noqa: PLC0415 - the same.

    now = datetime.now(UTC)
    forget_found(now)
    if count := purge_old_rows(now):
        log.info("old rows purged", count=count)


def _take_down_ended(settings: Settings) -> None:
    from ecluse.control.privacy.ended_clients import take_down_ended  # noqa: PLC0415 - as above.

    seen, gone = take_down_ended(datetime.now(UTC))
    if seen:
        log.info("clients have ended", count=seen)
    if gone:
        log.info("ended clients taken down", count=gone)
    _by_mail(_tell_of_ends, settings)


def _tell_of_ends(post: Post) -> None:
    from ecluse.control.privacy.end_notices import tell_owners  # noqa: PLC0415 - as above.
    from ecluse.web.backoffice.end_mail import end_mail  # noqa: PLC0415 - the same.

    if count := tell_owners(datetime.now(UTC), lambda each: post.send(end_mail(each))):
        log.info("owners told of ends", letters=count)


def _look_at_clocks(_settings: Settings) -> None:
    from ecluse.control.privacy import clocks  # noqa: PLC0415 - as above.

    now = datetime.now(UTC)
    clocks.take_in()
    clocks.forget_old(now)
    begun, over = clocks.alarms(now)
    for each in begun:
        log.error("purge clock is wrong", store=each.purged.value, node=each.node, late=each.is_late, over=each.is_over)
    for alarm in over:
        log.info("purge clock is right again", store=alarm.purged, node=alarm.node)


def _purge_trail(settings: Settings) -> None:
    from ecluse.control.audit.services import KEPT, purge  # noqa: PLC0415 - as above.
    from ecluse.control.audit.signing import audit_key  # noqa: PLC0415 - the same.
    from ecluse.control.privacy.old_rows import note_trail  # noqa: PLC0415 - the same.

    now = datetime.now(UTC)
    count = purge(now - KEPT, audit_key(DataPaths(settings.data_dir).audit_key))
    note_trail(now, count)
    if count:
        log.info("audit trail purged", count=count)


def _send_digests(post: Post) -> None:
    from ecluse.control.mail.digests import send_due  # noqa: PLC0415 - models exist once Django has started.
    from ecluse.web.digests.mail import digest_mail  # noqa: PLC0415 - the same.

    count = send_due(time.time(), lambda content: post.send(digest_mail(content)))
    if count:
        log.info("digests sent", count=count)


def _send_letters(post: Post) -> None:
    """What people wait for: links to sign in, invitations, answers to their requests."""
    from ecluse.control.accounts.mailed_invitations import mail_invitations  # noqa: PLC0415 - as above.
    from ecluse.control.accounts.mailed_links import links_asked_for  # noqa: PLC0415 - the same.
    from ecluse.control.mail.declined import tell_declined  # noqa: PLC0415 - the same.
    from ecluse.web.own.declined_mail import declined_mail  # noqa: PLC0415 - the same.
    from ecluse.web.sign_in.invitation_mail import invitation_mail  # noqa: PLC0415 - the same.
    from ecluse.web.sign_in.mailed_link import link_mail  # noqa: PLC0415 - the same.

    for each in links_asked_for():
        with suppress(Unavailable):  # Who gets none asks again.
            post.send(link_mail(each))
    mail_invitations(lambda each: post.send(invitation_mail(each)))
    tell_declined(lambda each: post.send(declined_mail(each)))


def _send_challenges(post: Post) -> None:
    from ecluse.control.mail.challenges import send_challenges  # noqa: PLC0415 - models exist once Django has started.
    from ecluse.web.release.challenge_mail import challenge_mail  # noqa: PLC0415 - the same.

    count = send_challenges(time.time(), lambda each: post.send(challenge_mail(each)))
    if count:
        log.info("senders told of held mail", count=count)


def _tell_webhooks(settings: Settings) -> None:
    from ecluse.entrypoints.webhook_jobs import tell_webhooks  # noqa: PLC0415 - models exist once Django has started.

    tell_webhooks(settings)


def _read_directories(settings: Settings) -> None:
    from ecluse.control.directories.jobs import read_due  # noqa: PLC0415 - models exist once Django has started.
    from ecluse.entrypoints.web import directories  # noqa: PLC0415 - the same.

    if count := read_due(time.time(), directories(settings).read):
        log.info("directories read", count=count)


def _read_lesson_folders(settings: Settings) -> None:
    from ecluse.control.learning.folder_jobs import read_due  # noqa: PLC0415 - as above.
    from ecluse.control.operation.nodes import nodes  # noqa: PLC0415 - the same.
    from ecluse.entrypoints.web import lesson_folders  # noqa: PLC0415 - the same.

    now, read = datetime.now(UTC), lesson_folders(settings).read
    with scopes_disabled():  # Nodes are the provider's.
        serving = frozenset(each.name for each in nodes(now))
    done = _with_log(settings, lambda message_log: read_due(now.timestamp(), read, message_log, serving))
    if done.read or done.failed:
        log.info("lesson folders read", mailboxes=done.read, failed=done.failed, lessons=done.taught)


def _look_at_signing_keys(settings: Settings) -> None:
    from ecluse.control.signing.jobs import look_at_keys, make_due_pairs  # noqa: PLC0415 - as above.
    from ecluse.control.signing.reported import forget_reports  # noqa: PLC0415 - the same.
    from ecluse.control.signing.watch import watch  # noqa: PLC0415 - the same.

    now, rotate_after = datetime.now(UTC), timedelta(days=settings.signing.rotate_days)
    moved = look_at_keys(now, FreshNames(settings).look_up)
    made = make_due_pairs(now, rotate_after)
    changed = watch(now, FreshNames(settings).look_up)
    forget_reports(now.timestamp())
    if moved or made or changed:
        log.info("signing keys looked at", moved=moved, pairs=made, records_changed=changed)


@dataclass(frozen=True, slots=True)
class Job:
    """What is done, and how often."""

    every_s: float
    work: Callable[[Settings], None]


JOBS = {
    "sessions": Job(3_600.0, _end_sessions),
    "broken glass": Job(3_600.0, _end_broken_glass),
    "held mail": Job(3_600.0, _end_held_mail),
    "told": Job(3_600.0, _forget_told),
    "backlogs": Job(3_600.0, _forget_backlogs),
    "audit trail": Job(3_600.0, _purge_trail),
    "requests": Job(900.0, _work_on_requests),
    "registers": Job(60.0, _tell_of_registers),
    "old rows": Job(3_600.0, _purge_old_rows),
    "ended clients": Job(3_600.0, _take_down_ended),
    "purge clocks": Job(60.0, _look_at_clocks),
    "contracts": Job(60.0, _turn_contracts),
    "changes": Job(60.0, partial(_by_mail, _tell_of_changes)),
    "access": Job(60.0, _end_access),
    "invoices": Job(60.0, _make_invoices),
    "late payment": Job(300.0, _look_at_late_payment),
    "service letters": Job(60.0, partial(_by_mail, _tell_of_service)),
    "books": Job(300.0, _keep_books),
    "support mail": Job(LOOK_EVERY_S, _handle_support_mail),
    "support reminders": Job(300.0, _look_at_silence),
    "old tickets": Job(3_600.0, _keep_desk),
    "servers": Job(60.0, _measure),
    "months": Job(3_600.0, _close_months),
    "complaints": Job(60.0, _sort_complaints),
    "busy days": Job(900.0, _note_busy_days),
    "sending limits": Job(60.0, _look_at_limits),
    "late flags": Job(900.0, _flag_late),
    "locks": Job(LOOK_EVERY_S, _look_at_locks),
    "approvals": Job(60.0, partial(_by_mail, _tell_of_approvals)),
    "found addresses": Job(3_600.0, partial(_by_mail, _tell_of_found)),
    "listings": Job(60.0, partial(_by_mail, _tell_of_listings)),
    "suppression": Job(60.0, _suppress_unknown),
    "digests": Job(60.0, partial(_by_mail, _send_digests)),
    "letters": Job(LOOK_EVERY_S, partial(_by_mail, _send_letters)),
    "challenges": Job(60.0, partial(_by_mail, _send_challenges)),
    "webhooks": Job(60.0, _tell_webhooks),
    "directories": Job(60.0, _read_directories),
    "lesson folders": Job(60.0, _read_lesson_folders),
    "signing keys": Job(300.0, _look_at_signing_keys),
}
