"""What the provider states of its data protection, and the policy that is made of it (15-11, 15-13)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.privacy import protection
from ecluse.control.privacy.protection import Statement, SubProcessor
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.lines_field import LinesField
from ecluse.web.protection import POLICY, language_of, paper

_SEPARATOR = ";"


def read_sub_processor(line: str) -> SubProcessor:
    """One line: name; country; task. Raises `ValueError`."""
    parts = [part.strip() for part in line.split(_SEPARATOR)]
    if len(parts) != 3 or not all(parts):
        raise ValueError(line)
    return SubProcessor(*parts)


def _text(label: Any, help_text: Any = "") -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 2})
    return forms.CharField(
        label=label, max_length=protection.MAX_TEXT, required=False, widget=area, help_text=help_text
    )


class StatementForm(forms.Form):
    """What only people know."""

    name = forms.CharField(label=gettext_lazy("Name of the provider"), max_length=200)
    officer = forms.EmailField(label=gettext_lazy("Data protection officer, by e-mail"), max_length=254)
    officer_post = _text(gettext_lazy("Data protection officer, by post"))
    place = _text(gettext_lazy("Where data are kept"))
    transfers = _text(
        gettext_lazy("Transfers outside the European Union, and by what guarantee"),
        gettext_lazy("Empty where there is none."),
    )
    hardening = _text(gettext_lazy("Hardening of servers"))
    firewall = _text(gettext_lazy("Firewall"))
    updates = _text(gettext_lazy("Updates"))
    tests = _text(gettext_lazy("Tests of vulnerabilities"))
    sub_processors = LinesField(
        read_sub_processor,
        most=protection.MAX_SUB_PROCESSORS,
        label=gettext_lazy("Sub-processors"),
        help_text=gettext_lazy("One a line: name; country; task."),
    )

    def statement(self) -> Statement:
        """As the papers take it."""
        return Statement(**self.cleaned_data)

    @staticmethod
    def shown(statement: Statement) -> dict[str, Any]:
        """What the form begins with."""
        lines = [f"{each.name}; {each.country}; {each.task}" for each in statement.sub_processors]
        fields = {name: getattr(statement, name) for name in Statement.__struct_fields__}
        return {**fields, "sub_processors": lines}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.HANDLE_INCIDENTS)
def state(request: HttpRequest, duty: Duty) -> HttpResponse:
    """State it anew."""
    form = StatementForm(request.POST or None, initial=StatementForm.shown(protection.newest_statement()))
    if form.is_valid():
        protection.state(form.statement(), by=duty.by)
        messages.success(request, _("Saved. The papers of all clients say so from now on."))
        return redirect("state_protection")
    return show(request, duty, "backoffice/protection.html", {"form": form, "newest": protection.newest_version()})


@never_cache
@require_safe
@provider_page(Permission.HANDLE_INCIDENTS)
def policy(request: HttpRequest, duty: Duty) -> HttpResponse:  # noqa: ARG001 - every page takes them.
    """As clients read it."""
    return HttpResponse(paper(POLICY, language_of(request), None))
