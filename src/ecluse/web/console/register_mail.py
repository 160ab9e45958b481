"""The mails that tell a client's people of an incident that affected its data, or of a requisition."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from ecluse.control.privacy.letters import RegisterNews
from ecluse.web.letters import letter
from ecluse.web.privacy_words import NATURES
from ecluse.wire.letters import Letter


def register_mail(news: RegisterNews) -> Letter:
    """To one of them."""
    if news.affected is not None:
        return _of_incident(news)
    return letter(
        news.recipient, news.language, _requisition_subject, "console/requisition_mail.txt", {"row": news.requisition}
    )


def _of_incident(news: RegisterNews) -> Letter:
    page = f"{settings.ECLUSE_URL}{reverse('own_incidents', args=[news.client.pk])}"
    incident = news.affected.incident if news.affected is not None else None
    nature = NATURES[incident.nature] if incident is not None else ""
    values = {"client": news.client, "affected": news.affected, "incident": incident, "nature": nature, "page": page}
    return letter(news.recipient, news.language, _incident_subject, "console/incident_mail.txt", values)


def _incident_subject() -> str:
    return _("A security incident has affected data of yours")


def _requisition_subject() -> str:
    return _("An authority has demanded data of yours")
