"""When the users of a client, and one of them, are told what is held for them; each function is one change, recorded."""

from __future__ import annotations

import time
from collections.abc import Iterable
from zoneinfo import available_timezones

from django_scopes import scopes_disabled

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.mail.models import DigestRules, DigestWish
from ecluse.control.mail.own import CLASSES
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.queries import gone_addresses, gone_domains
from ecluse.domain.errors import Impossible
from ecluse.domain.language import Language

__all__ = ["DigestRules"]

WITHIN_MINUTES = (0, 10, 15, 30, 60, 120)  # 0: at the hours alone. Less than ten would be a mail for each mail.
LANGUAGES = ("", *Language)


def digest_rules_of(client: Client) -> DigestRules:
    """The client's, or the defaults, unsaved."""
    return DigestRules.objects.filter(client=client).first() or DigestRules(client=client)


def wish_of(client: Client, recipient: str) -> DigestWish:
    """One user's, or one that follows the client in all, unsaved."""
    return DigestWish.objects.filter(recipient=recipient).first() or DigestWish(client=client, recipient=recipient)


def set_digest_rules(client: Client, *, by: Actor, **wishes: object) -> DigestRules:
    """Whether, when and about which classes users are told. Raises `Impossible` for an hour or day that is none."""
    with change(by=by) as act:
        rules = digest_rules_of(client)
        before = _put(rules, wishes)
        rules.save()
        act.record("digest.rules-set", rules, client_id=client.pk, before=before, after=dict(wishes))
        return rules


def set_digest_wish(client: Client, recipients: Iterable[str], *, by: Actor, **wishes: object) -> None:
    """What one user wants instead, for all his addresses. Raises `Impossible` as `set_digest_rules` does."""
    with change(by=by) as act:
        for recipient in recipients:
            wish = wish_of(client, recipient)
            before = _put(wish, wishes)
            wish.save()
            told = {"recipient": recipient}
            act.record("digest.wish-set", wish, client_id=client.pk, before=told | before, after=told | wishes)


def want_digest(client: Client, recipients: Iterable[str]) -> None:
    """He wants one at once; nothing changes by it, so nothing is recorded."""
    for recipient in recipients:
        wish = wish_of(client, recipient)
        wish.wanted_at = time.time()
        wish.save()


def forget_gone(act: Change) -> None:
    """Wishes go with their address or its domain: whoever gets it later begins anew."""
    with scopes_disabled():  # A change may concern several clients; its service has looked at who may do that.
        for key in gone_addresses(act):
            DigestWish.objects.filter(recipient=key).delete()
        for name in gone_domains(act):
            DigestWish.objects.filter(recipient__endswith=f"@{name}").delete()


def _put(row: DigestRules | DigestWish, wishes: dict[str, object]) -> dict[str, object]:
    """The values that stood there before."""
    before = {name: getattr(row, name) for name in wishes}
    for name, value in wishes.items():
        setattr(row, name, value)
    _demand_possible(row)
    return before


def _demand_possible(row: DigestRules | DigestWish) -> None:
    """What both have in common."""
    if not (set(row.hours) <= set(range(24)) and set(row.days) <= set(range(7)) and set(row.classes) <= set(CLASSES)):
        raise Impossible("hours are 0 to 23, days 0 (Monday) to 6, classes Q and M")
    if (row.within_minutes or 0) not in WITHIN_MINUTES:
        raise Impossible(f"minutes are one of {WITHIN_MINUTES}")
    if isinstance(row, DigestWish) and not (
        row.language in LANGUAGES and row.time_zone in {"", *available_timezones()}
    ):
        raise Impossible("no such language or time zone")
