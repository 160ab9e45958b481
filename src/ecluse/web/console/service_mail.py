"""The mails that tell who runs a client what happens to its service: it ends, was suspended, is there again, or is over (3-9, 3-18, 16-2)."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ecluse.control.contracts.price_grid import Bundle
from ecluse.control.contracts.service_letters import BREACH, ServiceEvent, ServiceNews
from ecluse.web.letters import letter
from ecluse.wire.letters import Letter

MOST_NAMED = 50  # Domains.


def service_mail(news: ServiceNews) -> Letter:
    """To one of them, in his language."""
    page = reverse("dashboard", args=[news.client.pk])
    values = {"news": news, "page": f"{settings.ECLUSE_URL}{page}"}
    if news.event is ServiceEvent.ENDED:
        values |= _leading_here(news) | {"is_breach": news.reason == BREACH}
    if news.ends_on is None or news.contract is None:
        with timezone.override(news.client.time_zone):
            return letter(news.recipient, news.language, partial(_subject, news), "console/service_mail.txt", values)
    bundle = Bundle(news.contract.bundle)
    values |= _leading_here(news) | {
        "last_day": _last_day(news.ends_on),
        "has_inbound": bundle.has_inbound,
        "has_outbound": bundle.has_outbound,
    }
    return letter(news.recipient, news.language, partial(_subject, news), "console/service_end_mail.txt", values)


def _leading_here(news: ServiceNews) -> dict[str, object]:
    return {"domains": news.domains[:MOST_NAMED], "more": max(0, len(news.domains) - MOST_NAMED)}


def _last_day(ends_on: date) -> date:
    """On which it is still served."""
    return ends_on - timedelta(days=1)


def _subject(news: ServiceNews) -> str:
    client = {"client": news.client.name}
    if news.event is ServiceEvent.SUSPENDED:
        return _("The service of %(client)s is suspended") % client
    if news.event is ServiceEvent.ENDED:
        return _("The service of %(client)s is over: lead its mail elsewhere at once") % client
    if news.ends_on is None:
        return _("%(client)s is served again") % client
    told = client | {"day": date_format(_last_day(news.ends_on), "SHORT_DATE_FORMAT")}
    if news.event is ServiceEvent.ENDS_SOON:
        return _("Reminder: the service of %(client)s ends with %(day)s") % told
    return _("The service of %(client)s ends with %(day)s: lead its mail elsewhere before") % told
