"""What we tell allauth of our house: nobody signs himself up, and who asks is known already."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from ecluse.web.who import ip_of


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # ships no annotations
    """People come by invitation alone."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        """See allauth."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """See `ecluse.web.proxies`."""
        return ip_of(request)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, object]) -> None:
        """Nothing: the mail that we send is our own (`ecluse.web.letters`)."""
