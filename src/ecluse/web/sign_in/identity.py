"""Sign-in with a client's own identity provider (OpenID Connect): allauth speaks with it, `control/accounts` decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import structlog
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.openid_connect import views
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from ecluse.control.accounts.identity import (
    Claims,
    IdentityProvider,
    NotRecognised,
    find_provider,
    recognise,
    secret_of,
)
from ecluse.domain.errors import Impossible
from ecluse.web.backends import backends
from ecluse.web.who import ip_of

log = structlog.get_logger()
_MAX_EMAIL = 254
View = Callable[[HttpRequest, str], HttpResponse]


class IdentityAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # ships no annotations
    """Providers come out of our own table, and nobody comes whom we do not know."""

    def list_apps(self, _request: HttpRequest, provider: str | None = None, **_: Any) -> list[SocialApp]:
        """See allauth. Only by its address: there is no list of all."""
        found = find_provider(provider or "")
        return [] if found is None else [_app(found)]

    def get_requests_session(self) -> Any:
        """See `BoundedSession`."""
        return backends().identity_session()

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:  # noqa: ARG002 - allauth's signature
        """See allauth: people come by invitation alone."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """See allauth: the provider has answered, and nobody is signed in yet."""
        provider = find_provider(sociallogin.account.provider)
        if provider is None or sociallogin.state.get("process") != AuthProcess.LOGIN:
            raise ImmediateHttpResponse(_refused(request))
        try:
            claims = _claims(sociallogin.account.extra_data)
            sociallogin.user = recognise(provider, claims, ip=ip_of(request))
        except (NotRecognised, ValueError) as refusal:
            raise ImmediateHttpResponse(_refused(request)) from refusal

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: OpenIDConnectProvider,
        *_: object,
        exception: Exception | None = None,
        **__: object,
    ) -> None:
        """See allauth. Without an exception it is between the person and his provider: he went back, or began elsewhere."""
        if exception is not None:
            log.warning("identity provider failed", provider=provider.app.provider_id, kind=type(exception).__name__)
        raise ImmediateHttpResponse(_refused(request))


def _guarded(view: View) -> Callable[..., HttpResponse]:
    """A provider that is away, or answers what makes no sense, is no fault of ours."""

    @wraps(view)
    @never_cache
    def guarded(request: HttpRequest, provider_id: str) -> HttpResponse:
        if find_provider(provider_id) is None:
            raise Http404
        try:
            return view(request, provider_id)
        except (OSError, LookupError, TypeError, ValueError, AttributeError, Impossible) as problem:
            log.warning("identity provider failed", provider=provider_id, kind=type(problem).__name__)
            return _refused(request)

    return guarded


login = _guarded(views.login)
callback = _guarded(views.callback)


def _app(provider: IdentityProvider) -> SocialApp:
    return SocialApp(
        provider=OpenIDConnectProvider.id,
        provider_id=provider.slug,
        name=provider.name,
        client_id=provider.application,
        secret=secret_of(provider),
        settings={"server_url": provider.issuer.rstrip("/")},
    )


def _claims(data: Mapping[str, Any]) -> Claims:
    """Of the answer's two halves, which must be about the same person (OpenID Connect Core 1.0 section 5.3.2)."""
    token, told = data.get("id_token"), data.get("userinfo")
    if not isinstance(token, Mapping) or not isinstance(told, Mapping) or token.get("sub") != told.get("sub"):
        raise ValueError("the provider speaks of two persons")
    email = str(told.get("email") or "").strip().lower()[:_MAX_EMAIL]
    is_verified = told.get("email_verified") in (True, "true") or _owns_domain(token, email)
    return Claims(str(told["sub"]), email, is_verified=is_verified)


def _owns_domain(token: Mapping[str, Any], email: str) -> bool:
    """Microsoft Entra ID, which tells no `email_verified`: its tenant has proven the domain of the address that the token names.

    It is told in the token alone, where the client has chosen so (`xms_edov`); an address that userinfo says otherwise is not
    the one that it is about.
    """
    same = str(token.get("email") or "").strip().lower()[:_MAX_EMAIL] == email
    return same and token.get("xms_edov") in (True, "true", "1")


def _refused(request: HttpRequest) -> HttpResponse:
    return render(request, "sign_in/not_recognised.html", status=403)
