"""A link by mail instead of a password: the same answer for everybody, whoever is or is not known here."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ecluse.control.accounts.mailed_links import MAX_EMAIL, MailedLink, ask_for_link
from ecluse.web.letters import letter
from ecluse.web.limits import Limit
from ecluse.web.who import ip_of
from ecluse.wire.letters import Letter

OF_AN_ADDRESS = Limit("sign-in-mail", 3, 3_600)  # Nobody's mailbox is filled by strangers.
OF_A_VISITOR = Limit("sign-in-mails", 20, 3_600)  # By network address.


class AddressForm(forms.Form):
    """Whose link."""

    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"),
        max_length=MAX_EMAIL,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a link; how many come is bounded for each address and for each visitor."""
    form = AddressForm(request.POST or None)
    if not form.is_valid():
        return render(request, "sign_in/mailed_link.html", {"form": form})
    if OF_A_VISITOR.is_reached(ip_of(request)):
        return render(request, "release/too_often.html", status=429)
    email = form.cleaned_data["email"].lower()
    if not OF_AN_ADDRESS.is_reached(email):
        ask_for_link(email, (get_language() or "en")[:2])
    return render(request, "sign_in/mailed_link_sent.html", {"email": email})


def link_mail(link: MailedLink) -> Letter:
    """To the address that the link is for."""
    address = f"{settings.ECLUSE_URL}{reverse('sign_in_by_link', args=[link.secret])}"
    return letter(
        link.email, link.language, lambda: _("Your link to sign in"), "sign_in/link_mail.txt", {"link": address}
    )
