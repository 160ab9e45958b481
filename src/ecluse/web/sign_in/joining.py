"""Links that let somebody in: GET shows what will happen, only POST does it, since scanners open every link."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ecluse.control.accounts import services
from ecluse.control.accounts.queries import Invitation, User, find_invitation, find_sign_in_link, find_user
from ecluse.web.refusal_words import REFUSALS
from ecluse.web.who import ip_of, user_of


class JoinForm(forms.Form):
    """Name and password of somebody new."""

    name = forms.CharField(label=gettext_lazy("Your name"), max_length=200)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 12 characters; a few words together are easy to remember."),
    )
    again = forms.CharField(
        label=gettext_lazy("Password once more"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, email: str, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]  # what Django takes
        self._email = email

    def clean(self) -> None:
        """See Django."""
        password = self.cleaned_data.get("password")
        if password and password != self.cleaned_data.get("again"):
            self.add_error("again", _("The two passwords are not the same."))
        elif password:
            try:
                validate_password(password, User(email=self._email, name=self.cleaned_data.get("name", "")))
            except forms.ValidationError as problem:
                self.add_error("password", problem)


@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, secret: str) -> HttpResponse:
    """Accept an invitation."""
    invitation = find_invitation(secret)
    if invitation is None:
        return render(request, "sign_in/link_used.html", status=404)
    if find_user(invitation.email) is not None:
        return _join_as_known(request, invitation)
    form = JoinForm(invitation.email, request.POST) if request.method == "POST" else JoinForm(invitation.email)
    if form.is_valid():
        return _join_as_new(request, invitation, form.cleaned_data["name"], form.cleaned_data["password"])
    return render(request, "sign_in/join.html", {"invitation": invitation, "form": form})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_by_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Sign in without a password, once; a second factor is asked for as ever."""
    link = find_sign_in_link(secret)
    if link is None:
        return render(request, "sign_in/link_used.html", status=404)
    if request.method != "POST":
        return render(request, "sign_in/by_link.html", {"user_of_link": link.user})
    try:
        user = services.use_sign_in_link(link)
    except services.LinkUsed:
        return render(request, "sign_in/link_used.html", status=404)
    return _sign_in(request, user)


def _join_as_new(request: HttpRequest, invitation: Invitation, name: str, password: str) -> HttpResponse:
    language = (get_language() or "")[:2]
    try:
        user = services.accept(invitation, password, name=name, language=language, ip=ip_of(request))
    except services.LinkUsed:
        return render(request, "sign_in/link_used.html", status=404)
    return _sign_in(request, user)


def _join_as_known(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Who has an account already must show that it is his."""
    user = user_of(request)
    is_his = user is not None and user.email == invitation.email
    if request.method == "POST" and is_his:
        try:
            services.accept(invitation, "", ip=ip_of(request))
        except tuple(REFUSALS) as refusal:
            messages.error(request, str(REFUSALS[type(refusal)]))
        return redirect("clients")
    values = {"invitation": invitation, "is_his": is_his, "here": request.path}
    return render(request, "sign_in/join_as_known.html", values)


def _sign_in(request: HttpRequest, user: User) -> HttpResponse:
    response: HttpResponse = perform_login(request, Login(user=user, redirect_url=reverse("clients")))
    return response
