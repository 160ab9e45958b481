"""Abuse cases: what the provider's people look into."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.abuse import cases, evidence, hand_locks
from ecluse.control.abuse.cases import Case, CaseKind, CaseState
from ecluse.control.abuse.late_flags import flags_of
from ecluse.control.accounts.roles import Permission
from ecluse.domain.errors import Impossible
from ecluse.domain.lock import LockScope
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.backoffice.case_words import KINDS, STATES
from ecluse.web.backoffice.steps import take_step
from ecluse.web.client_field import ClientField
from ecluse.web.pages import or_404, page_of, searched, typed
from ecluse.web.who import user_of

_MINE = "mine"


class CaseForm(forms.Form):
    """A new one."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=list(KINDS.items()))
    subject = forms.CharField(
        label=gettext_lazy("What it is about"),
        max_length=cases.MAX_SUBJECT,
        help_text=gettext_lazy("A domain or an address says most. The client does not see cases."),
    )
    client = ClientField(
        required=False,
        help_text=gettext_lazy("By its whole name; empty where it concerns none, or several."),
    )


@never_cache
@require_safe
@provider_page(Permission.HANDLE_ABUSE)
def list_cases(request: HttpRequest, duty: Duty) -> HttpResponse:
    """The open ones unless others are asked for."""
    shown, search = request.GET.get("state", CaseState.OPEN.value), searched(request)
    user = user_of(request) if shown == _MINE else None
    state = shown if shown in CaseState.values else CaseState.OPEN.value if user else ""
    page = page_of(request, cases.cases(state=state, assignee=user, search=search))
    values = {
        "page": page,
        "rows": [_shown(each) for each in page],
        "search": search,
        "shown": shown,
        "tabs": [(each.value, words) for each, words in STATES.items()] + [(_MINE, _("mine")), ("all", _("all"))],
    }
    return show(request, duty, "backoffice/cases.html", values)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.HANDLE_ABUSE)
def add(request: HttpRequest, duty: Duty) -> HttpResponse:
    """Open one by hand."""
    form = CaseForm(request.POST or None)
    if form.is_valid():
        wanted = form.cleaned_data
        case = cases.open_case(wanted["client"], CaseKind(wanted["kind"]), wanted["subject"], by=duty.by)
        return redirect("case", case_id=case.pk)
    return show(request, duty, "backoffice/case_add.html", {"form": form})


@never_cache
@require_safe
@provider_page(Permission.HANDLE_ABUSE)
def case(request: HttpRequest, duty: Duty, case_id: int) -> HttpResponse:
    """All that is known of one."""
    row = or_404(cases.find_case(case_id))
    values = _shown(row) | {
        "notes": row.notes.all(),
        "complaints": cases.complaints_of(row),
        "flags": flags_of(row),
        "reports": evidence.count_for(row) if row.kind == CaseKind.EMISSION else 0,
        "handlers": cases.handlers(),
        "is_open": row.state == CaseState.OPEN,
    }
    return show(request, duty, "backoffice/case.html", values)


@require_POST
@provider_page(Permission.HANDLE_ABUSE)
def act(request: HttpRequest, duty: Duty, case_id: int) -> HttpResponse:
    """Note, give to somebody, close or open again."""
    row = or_404(cases.find_case(case_id))
    take_step(request, row, duty, _STEPS, _("This cannot be done: somebody was faster, or the text is missing."))
    return redirect("case", case_id=row.pk)


def _note(request: HttpRequest, row: Case, duty: Duty) -> None:
    cases.note(row, typed(request.POST.get("text", ""), cases.MAX_NOTE), by=duty.by)


def _assign(request: HttpRequest, row: Case, duty: Duty) -> None:
    wanted = request.POST.get("assignee", "")
    user = next((each for each in cases.handlers() if str(each.pk) == wanted), None)
    if wanted and user is None:
        raise Impossible("nobody who handles cases")
    cases.assign(row, user, by=duty.by)


def _close(request: HttpRequest, row: Case, duty: Duty) -> None:
    cases.close_case(row, typed(request.POST.get("outcome", ""), cases.MAX_OUTCOME), by=duty.by)


def _reopen(_request: HttpRequest, row: Case, duty: Duty) -> None:
    cases.reopen(row, by=duty.by)


def _lock(request: HttpRequest, row: Case, duty: Duty) -> None:
    wanted = request.POST.get("scope", "")
    if wanted not in set(LockScope):
        raise Impossible("whose mail is stopped")
    name = typed(request.POST.get("name", ""), hand_locks.MAX_NAME)
    hand_locks.lock_for(
        row, LockScope(wanted), name, typed(request.POST.get("reason", ""), hand_locks.MAX_REASON), by=duty.by
    )


_STEPS = {"note": _note, "assign": _assign, "lock": _lock, "close": _close, "reopen": _reopen}


def _shown(row: Case) -> dict[str, Any]:
    return {"case": row, "kind": KINDS[CaseKind(row.kind)], "state": STATES[CaseState(row.state)]}
