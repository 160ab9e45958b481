"""A person's own sessions: where he is signed in, and ending one from afar (4-4)."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ecluse.control.accounts import services
from ecluse.web.sign_in.expiry import end_expired
from ecluse.web.who import actor_of, user_of


@login_required
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """All of them, the present one marked."""
    user = user_of(request)
    if user is None:
        raise Http404
    end_expired(timezone.now(), user)
    rows = sorted(UserSession.objects.purge_and_list(user), key=lambda each: each.last_seen_at, reverse=True)
    return render(request, "sign_in/sessions.html", {"sessions": rows, "current": request.session.session_key})


@login_required
@require_POST
def end(request: HttpRequest, session_id: int) -> HttpResponse:
    """Sign out somewhere else."""
    user = user_of(request)
    session = UserSession.objects.filter(user_id=user.pk if user else None, pk=session_id).first()
    if user is None or session is None:
        raise Http404
    session.end()
    services.record_account_act("session.revoked", user, by=actor_of(request), after={"ip": session.ip})
    messages.success(request, _("The session has been ended."))
    return redirect("sessions")
