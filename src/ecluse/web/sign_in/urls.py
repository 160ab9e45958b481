"""Addresses of sign-in: of allauth's many, only those that this house offers."""

from __future__ import annotations

from allauth.account import views as account
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from ecluse.web.sign_in import identity, joining, mailed_link, second_factor, sessions


def _closed(_request: HttpRequest) -> HttpResponse:
    """Nobody signs himself up; allauth's pages want the name."""
    raise Http404


urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("signup/", _closed, name="account_signup"),
    path("second-factor/", include("allauth.mfa.urls")),
    path("second-factor-needed", second_factor.needed, name="second_factor_needed"),
    path("organisation/<slug:provider_id>/", identity.login, name="openid_connect_login"),
    path("organisation/<slug:provider_id>/back", identity.callback, name="openid_connect_callback"),
    path("sessions/", sessions.sessions, name="sessions"),
    path("sessions/<int:session_id>/end", sessions.end, name="end_session"),
    path("link", mailed_link.ask, name="mailed_link"),
    path("join/<str:secret>", joining.join, name="join"),
    path("sign-in/<str:secret>", joining.sign_in_by_link, name="sign_in_by_link"),
]
