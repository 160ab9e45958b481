"""Sign-ins, ends of sessions and changes of one's own account go into the audit trail (4-6, 4-7)."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, user_logged_in
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from ecluse.control.accounts import services
from ecluse.control.accounts.queries import User
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.web.sign_in.expiry import end_expired
from ecluse.web.who import ip_of


@receiver(user_logged_in)
def _signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    # Before allauth forgets them: its own receiver comes after ours.
    end_expired(timezone.now(), user)
    _record("session.started", request, user)


@receiver(user_logged_out)
def _signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        UserSession.objects.filter(user=user, session_key=request.session.session_key).delete()
        _record("session.ended", request, user)


@receiver(password_changed)
def _password(request: HttpRequest, user: User, **_: Any) -> None:
    _record("account.password-changed", request, user)


@receiver(authenticator_added)
def _added(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    _record("account.second-factor-added", request, user, {"type": str(authenticator.type)})


@receiver(authenticator_removed)
def _removed(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    _record("account.second-factor-removed", request, user, {"type": str(authenticator.type)})


@receiver(authenticator_reset)
def _reset(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    _record("account.second-factor-renewed", request, user, {"type": str(authenticator.type)})


def _record(action: str, request: HttpRequest, user: User, after: dict[str, object] | None = None) -> None:
    by = Actor(ActorKind.PERSON, user.email, id=user.pk, ip=ip_of(request))
    services.record_account_act(action, user, by=by, after=after)
