"""The mail that reminds the provider's people of a request that waits for their word."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from ecluse.control.support.desk import Desk
from ecluse.control.support.reminders import Waiting
from ecluse.web.letters import letter
from ecluse.web.ticket_words import PRIORITIES
from ecluse.wire.letters import Letter


def ticket_mail(waiting: Waiting) -> Letter:
    """To one of them."""
    desk: Desk = settings.ECLUSE_SUPPORT
    ticket = waiting.ticket
    page = reverse("client_ticket", args=[ticket.client_id, ticket.pk])
    values = {
        "waiting": waiting,
        "ticket": ticket,
        "since": waiting.since.astimezone(desk.hours.zone),
        "hours": desk.remind_agents_hours,
        "priority": PRIORITIES[ticket.priority],
        "page": f"{settings.ECLUSE_URL}{page}",
    }
    return letter(waiting.recipient, waiting.language, partial(_subject, waiting), "backoffice/ticket_mail.txt", values)


def _subject(waiting: Waiting) -> str:
    return _("Request %(reference)s of %(client)s waits for an answer") % {
        "reference": waiting.ticket.reference,
        "client": waiting.ticket.client.name,
    }
