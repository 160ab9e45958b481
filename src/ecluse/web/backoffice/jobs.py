"""The jobs of `ecluse worker`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.operation.job_runs import JobRun, job_runs
from ecluse.control.operation.put_off import rows_put_off
from ecluse.control.operation.put_off import try_again as order_again
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.backoffice.job_words import JOBS

LATE_AFTER = timedelta(hours=2)  # The most seldom one runs each hour.


@never_cache
@require_safe
@provider_page(Permission.SEE_NODES)
def list_jobs(request: HttpRequest, duty: Duty) -> HttpResponse:
    """The last run of each."""
    values = {"rows": [_shown(each) for each in job_runs()], "put_off": rows_put_off(timezone.now())}
    return show(request, duty, "backoffice/jobs.html", values)


@require_POST
@provider_page(Permission.RUN_NODES)
def try_again(request: HttpRequest, duty: Duty, attempt_id: int) -> HttpResponse:
    """One row, at the next run of its job."""
    if order_again(attempt_id, timezone.now(), by=duty.by):
        messages.success(request, _("It is tried again within a minute or so."))
    else:
        messages.error(request, _("It does not wait there any more."))
    return redirect("jobs")


def _shown(row: JobRun) -> dict[str, Any]:
    is_late = timezone.now() - row.began_at > LATE_AFTER
    return {"row": row, "words": JOBS.get(row.job, row.job), "is_late": is_late, "took_s": round(row.took_s, 1)}
