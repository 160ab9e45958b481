"""What we tell allauth of our house: nobody signs himself up, and who asks is known already."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ecluse.control.accounts.after_end import is_shut_out
from ecluse.control.accounts.queries import User
from ecluse.web.who import ip_of


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # ships no annotations
    """People come by invitation alone."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        """See allauth."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """See `ecluse.web.proxies`."""
        return ip_of(request)

    def pre_login(self, request: HttpRequest, user: User, **told: Any) -> HttpResponse | None:
        """See allauth: however he comes, password, passkey, link or identity provider. Who may see nothing more is told why (16-3)."""
        answer: HttpResponse | None = super().pre_login(request, user, **told)
        if answer is None and is_shut_out(user):
            clear_login(request)
            return render(request, "sign_in/contract_over.html", status=403)
        return answer

    def send_mail(self, template_prefix: str, email: str, context: dict[str, object]) -> None:
        """Nothing: the mail that we send is our own (`ecluse.web.letters`)."""
