"""The mail that reminds the provider's people of what somebody asks about his data."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from ecluse.control.privacy.reminders import Reminder
from ecluse.web.letters import letter
from ecluse.web.privacy_words import RIGHTS
from ecluse.wire.letters import Letter


def request_mail(reminder: Reminder) -> Letter:
    """To one of them."""
    page = f"{settings.ECLUSE_URL}{reverse('person_request', args=[reminder.request])}"
    values = {"reminder": reminder, "right": RIGHTS[reminder.right], "page": page}
    return letter(
        reminder.recipient, reminder.language, partial(_subject, reminder), "backoffice/request_mail.txt", values
    )


def _subject(reminder: Reminder) -> str:
    told = {"number": reminder.request, "day": date_format(localtime(reminder.due_at), "SHORT_DATE_FORMAT")}
    if reminder.is_late:
        return _("Late: request %(number)d about personal data was due on %(day)s") % told
    return _("Request %(number)d about personal data is due on %(day)s") % told
