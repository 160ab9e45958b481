"""The mail that tells the provider's owners of a node whose addresses stand on DNS lists."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from ecluse.control.operation.listing_alarms import ListingNews
from ecluse.web.letters import letter
from ecluse.wire.letters import Letter


def listing_mail(news: ListingNews) -> Letter:
    """To one of them."""
    values = {"news": news, "page": f"{settings.ECLUSE_URL}{reverse('node', args=[news.node])}"}
    return letter(news.recipient, news.language, partial(_subject, news), "backoffice/listing_mail.txt", values)


def _subject(news: ListingNews) -> str:
    return _("%(node)s sends from an address that is on a blacklist") % {"node": news.node}
