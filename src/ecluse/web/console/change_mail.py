"""The mail that tells a client's owner of a change of terms, prices or service (3-8)."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from ecluse.control.contracts.change_notices import ChangeNews
from ecluse.web.letters import letter
from ecluse.wire.letters import Letter


def change_mail(news: ChangeNews) -> Letter:
    """In his language, with the page where his client may leave."""
    contract, notice = news.contract, news.notice
    page = reverse("contract", args=[contract.client_id, contract.pk])
    values = {
        "contract": contract,
        "notice": notice,
        "text": notice.text_fr if news.language == "fr" else notice.text_en,
        "page": f"{settings.ECLUSE_URL}{page}",
    }
    return letter(news.recipient, news.language, lambda: _subject(news), "console/change_mail.txt", values)


def _subject(news: ChangeNews) -> str:
    words = _("Contract %(reference)s: %(title)s")
    return words % {"reference": news.contract.reference, "title": news.notice.title}
