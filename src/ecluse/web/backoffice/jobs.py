"""The jobs of `ecluse worker`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.operation.job_runs import JobRun, job_runs
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.backoffice.job_words import JOBS

LATE_AFTER = timedelta(hours=2)  # The most seldom one runs each hour.


@never_cache
@require_safe
@provider_page(Permission.SEE_NODES)
def list_jobs(request: HttpRequest, duty: Duty) -> HttpResponse:
    """The last run of each."""
    return show(request, duty, "backoffice/jobs.html", {"rows": [_shown(each) for each in job_runs()]})


def _shown(row: JobRun) -> dict[str, Any]:
    is_late = timezone.now() - row.began_at > LATE_AFTER
    return {"row": row, "words": JOBS.get(row.job, row.job), "is_late": is_late, "took_s": round(row.took_s, 1)}
