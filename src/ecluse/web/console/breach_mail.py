"""The mail that tells a client's owner of a choice (10-6)."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ecluse.control.sla.breach_letters import BreachNews
from ecluse.web.letters import letter
from ecluse.web.sla_words import KINDS
from ecluse.wire.letters import Letter


def breach_mail(news: BreachNews) -> Letter:
    """In his language."""
    row = news.breach
    values = {
        "kind": KINDS[row.kind],
        "breach": row,
        "client": row.client,
        "page": f"{settings.ECLUSE_URL}{reverse('sla_breach', args=[row.client_id, row.pk])}",
    }
    return letter(news.recipient, news.language, partial(_subject, news), "console/breach_mail.txt", values)


def _subject(news: BreachNews) -> str:
    words = _("%(month)s: what we promised was not kept, and you have the choice")
    return words % {"month": date_format(news.breach.closing.month, "F Y")}
