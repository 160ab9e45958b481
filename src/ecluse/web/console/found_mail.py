"""The mail that tells who keeps a client's list that found addresses wait for his word."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.urls import reverse
from django.utils.translation import ngettext

from ecluse.control.directories.found_letters import FoundNews
from ecluse.web.letters import letter
from ecluse.wire.letters import Letter


def found_mail(news: FoundNews) -> Letter:
    """To one of them."""
    page = f"{settings.ECLUSE_URL}{reverse('found_addresses', args=[news.client.pk])}"
    values = {"news": news, "page": page}
    return letter(news.recipient, news.language, partial(_subject, news), "console/found_mail.txt", values)


def _subject(news: FoundNews) -> str:
    words = ngettext("%(count)d address waits for your word", "%(count)d addresses wait for your word", news.count)
    return words % {"count": news.count}
