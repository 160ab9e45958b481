"""The mail that tells who may release a client's outbound mail that some of it waits."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from ecluse.control.mail.approval_letters import ApprovalNews
from ecluse.web.letters import letter
from ecluse.wire.letters import Letter


def approval_mail(news: ApprovalNews) -> Letter:
    """To one of them; times are the client's."""
    page = f"{settings.ECLUSE_URL}{reverse('approvals', args=[news.client.pk])}"
    with timezone.override(news.client.time_zone):
        return letter(
            news.recipient,
            news.language,
            partial(_subject, news),
            "console/approval_mail.txt",
            {"news": news, "page": page},
        )


def _subject(news: ApprovalNews) -> str:
    words = ngettext(
        "%(count)d message waits for your approval", "%(count)d messages wait for your approval", news.count
    )
    return words % {"count": news.count}
