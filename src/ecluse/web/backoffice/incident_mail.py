"""The mail that tells the provider's owners of an incident, and of the hours that are left for its authority."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ecluse.control.privacy.alarms import IncidentAlarm, Step
from ecluse.web.letters import letter
from ecluse.wire.letters import Letter

_SUBJECTS: Mapping[Step, str | Promise] = MappingProxyType(
    {
        Step.ENTERED: _("Security incident %(number)d was entered"),
        Step.DUE_SOON: _("Security incident %(number)d: less than 24 hours to tell the authority"),
        Step.OVERDUE: _("Late: the authority was not told of security incident %(number)d within 72 hours"),
    }
)


def incident_mail(alarm: IncidentAlarm) -> Letter:
    """To one of them."""
    page = f"{settings.ECLUSE_URL}{reverse('incident', args=[alarm.incident])}"
    values = {"alarm": alarm, "page": page}
    return letter(alarm.recipient, alarm.language, partial(_subject, alarm), "backoffice/incident_mail.txt", values)


def _subject(alarm: IncidentAlarm) -> str:
    return str(_SUBJECTS[alarm.step]) % {"number": alarm.incident}
