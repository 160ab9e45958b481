"""Who stands behind a request."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.http import HttpRequest

from ecluse.control.accounts.queries import User
from ecluse.control.audit.actor import Actor, ActorKind


def user_of(request: HttpRequest) -> User | None:
    """The person who is signed in."""
    user = getattr(request, "user", None)
    return user if isinstance(user, get_user_model()) else None


def ip_of(request: HttpRequest) -> str:
    """Where the request came from; see `proxies`."""
    return str(request.META.get("REMOTE_ADDR", ""))


def actor_of(request: HttpRequest) -> Actor:
    """Who answers for what this request changes (4-5). Somebody must be signed in."""
    user = user_of(request)
    if user is None:
        raise PermissionError("nobody is signed in")
    return Actor(ActorKind.PERSON, user.email, id=user.pk, ip=ip_of(request))
