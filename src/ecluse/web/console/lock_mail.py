"""The mail that tells of locks: to who runs the client, with a page where one click unlocks; to the provider."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ecluse.control.abuse.lock_alarms import LockNews, ToldLock
from ecluse.domain.lock import LockScope
from ecluse.web.console.lock_words import cause_of, scope_of
from ecluse.web.letters import letter
from ecluse.wire.letters import Letter


def lock_mail(news: LockNews) -> Letter:
    """To one of its readers; times are the client's. No account's name goes to the provider: the page has it."""
    subject, whom = (_to_provider, _name_at_provider) if news.is_for_provider else (_to_client, _name)
    values = {
        "news": news,
        "locks": [{"lock": each, "name": partial(whom, each), "cause": cause_of(each)} for each in news.locks],
        "more": news.count - len(news.locks),
        "page": f"{settings.ECLUSE_URL}{reverse('sending_locks', args=[news.client.pk])}",
        "cases": f"{settings.ECLUSE_URL}{reverse('cases')}",
    }
    with timezone.override(news.client.time_zone):
        return letter(news.recipient, news.language, partial(subject, news), "console/lock_mail.txt", values)


def _to_client(news: LockNews) -> str:
    words = ngettext(
        "%(count)d sender of yours may send no mail for now",
        "%(count)d senders of yours may send no mail for now",
        news.count,
    )
    return words % {"count": news.count}


def _to_provider(news: LockNews) -> str:
    words = ngettext("%(client)s: %(count)d sender is locked", "%(client)s: %(count)d senders are locked", news.count)
    return words % {"client": news.client.name, "count": news.count}


def _name(lock: ToldLock) -> str:
    scope = scope_of(lock)
    return f"{lock.name} ({scope})" if lock.name and scope else lock.name or str(scope)


def _name_at_provider(lock: ToldLock) -> str:
    return _("an account") if lock.scope == LockScope.ACCOUNT else _name(lock)
