"""The register of requisitions: for the provider's owners alone."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.privacy import requisitions
from ecluse.control.privacy.requisitions import Requisition
from ecluse.domain.errors import Impossible
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.backoffice.register_forms import MomentForm, RequisitionForm
from ecluse.web.backoffice.steps import take_step
from ecluse.web.pages import or_404, page_of, typed


@never_cache
@require_safe
@provider_page(Permission.SEE_REQUISITIONS)
def list_requisitions(request: HttpRequest, duty: Duty) -> HttpResponse:
    """The newest first."""
    return show(request, duty, "backoffice/requisitions.html", {"page": page_of(request, requisitions.requisitions())})


@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.SEE_REQUISITIONS)
def add(request: HttpRequest, duty: Duty) -> HttpResponse:
    """Enter one."""
    form = RequisitionForm(request.POST or None)
    if form.is_valid():
        row = requisitions.enter(form.cleaned_data["client"], form.demand(), by=duty.by)
        return redirect("requisition", requisition_id=row.pk)
    return show(request, duty, "backoffice/requisition_add.html", {"form": form})


@never_cache
@require_safe
@provider_page(Permission.SEE_REQUISITIONS)
def requisition(request: HttpRequest, duty: Duty, requisition_id: int) -> HttpResponse:
    """One of them."""
    row = or_404(requisitions.find_requisition(requisition_id))
    return show(request, duty, "backoffice/requisition.html", {"row": row, "moment": MomentForm()})


@require_POST
@provider_page(Permission.SEE_REQUISITIONS)
def act(request: HttpRequest, duty: Duty, requisition_id: int) -> HttpResponse:
    """What was handed over, or that the client may be told now."""
    row = or_404(requisitions.find_requisition(requisition_id))
    take_step(request, row, duty, _STEPS, _("This cannot be done: something is missing, or it was done before."))
    return redirect("requisition", requisition_id=row.pk)


def _hand_over(request: HttpRequest, row: Requisition, duty: Duty) -> None:
    form = MomentForm(request.POST)
    if not form.is_valid():
        raise Impossible("when")
    what = typed(request.POST.get("text", ""), requisitions.MAX_TEXT)
    requisitions.hand_over(row, what, form.cleaned_data["at"], by=duty.by)


def _allow(_request: HttpRequest, row: Requisition, duty: Duty) -> None:
    requisitions.allow_telling(row, by=duty.by)


_STEPS = {"hand-over": _hand_over, "allow": _allow}
