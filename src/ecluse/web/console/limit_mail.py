"""The mail that tells who runs a client which of its sending limits are near or reached."""

from __future__ import annotations

import time
from functools import partial

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from ecluse.control.abuse.limit_letters import LimitNews
from ecluse.web.console.limit_words import in_words
from ecluse.web.letters import letter
from ecluse.wire.letters import Letter


def limit_mail(news: LimitNews) -> Letter:
    """To one of its readers; times are the client's."""
    now = time.time()
    values = {
        "news": news,
        "limits": [partial(in_words, each, now) for each in news.limits],
        "more": news.count - len(news.limits),
        "page": f"{settings.ECLUSE_URL}{reverse('sending_limits', args=[news.client.pk])}",
    }
    with timezone.override(news.client.time_zone):
        return letter(news.recipient, news.language, partial(_subject, news), "console/limit_mail.txt", values)


def _subject(news: LimitNews) -> str:
    if news.is_reached:
        words = ngettext(
            "%(count)d sending limit turns mail of yours away",
            "%(count)d sending limits are near or reached",
            news.count,
        )
    else:
        words = ngettext("%(count)d sending limit is near", "%(count)d sending limits are near", news.count)
    return words % {"count": news.count}
