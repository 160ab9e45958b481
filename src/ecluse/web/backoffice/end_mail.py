"""The mail that tells the provider's owners when all goes that an ended client had set up."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from ecluse.control.privacy.end_notices import EndNotice
from ecluse.web.letters import letter
from ecluse.wire.letters import Letter


def end_mail(notice: EndNotice) -> Letter:
    """To one of them."""
    page = f"{settings.ECLUSE_URL}{reverse('client_service', args=[notice.client])}"
    values = {"notice": notice, "page": page}
    return letter(notice.recipient, notice.language, partial(_subject, notice), "backoffice/end_mail.txt", values)


def _subject(notice: EndNotice) -> str:
    told = {"client": notice.name, "day": date_format(localtime(notice.goes_at))}
    return _("What %(client)s had set up is deleted on %(day)s") % told
