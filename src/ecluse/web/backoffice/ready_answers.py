"""Answers that the provider keeps ready: one list for all who answer tickets."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from ecluse.control.accounts.roles import Permission
from ecluse.control.support import ready_answers as answers
from ecluse.control.support.ready_answers import MAX_SUBJECT, MAX_TEXT, Ready, TitleTaken
from ecluse.domain.errors import Impossible
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.pages import or_404


class ReadyForm(forms.Form):
    """One of them."""

    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=MAX_SUBJECT,
        help_text=gettext_lazy("Agents choose by it; no client reads it."),
    )
    text_fr = forms.CharField(label=gettext_lazy("The answer, in French"), max_length=MAX_TEXT, widget=forms.Textarea)
    text_en = forms.CharField(label=gettext_lazy("The answer, in English"), max_length=MAX_TEXT, widget=forms.Textarea)

    def ready(self) -> Ready:
        """What is said."""
        return Ready(**self.cleaned_data)

    def show_problem(self, problem: Impossible) -> None:
        """Beside the field that has it, where one has."""
        if isinstance(problem, TitleTaken):
            self.add_error("title", _("Another answer has this title."))
        else:
            self.add_error(None, _("There are too many of them: remove some."))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.ANSWER_TICKETS)
def list_answers(request: HttpRequest, duty: Duty) -> HttpResponse:
    """All of them, and a new one."""
    form = ReadyForm(request.POST or None)
    if form.is_valid():
        try:
            answers.add_ready_answer(form.ready(), by=duty.by)
        except Impossible as problem:
            form.show_problem(problem)
        else:
            messages.success(request, _("Saved."))
            return redirect("ready_answers")
    return show(request, duty, "backoffice/ready_answers.html", {"form": form, "rows": answers.ready_answers()})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@provider_page(Permission.ANSWER_TICKETS)
def change_answer(request: HttpRequest, duty: Duty, answer_id: int) -> HttpResponse:
    """What one says from now on."""
    row = or_404(answers.find_ready_answer(answer_id))
    known = {"title": row.title, "text_fr": row.text_fr, "text_en": row.text_en}
    form = ReadyForm(request.POST or None, initial=known)
    if form.is_valid():
        try:
            answers.change_ready_answer(row, form.ready(), by=duty.by)
        except Impossible as problem:
            form.show_problem(problem)
        else:
            messages.success(request, _("Saved."))
            return redirect("ready_answers")
    return show(
        request, duty, "backoffice/ready_answer.html", {"form": form, "row_id": row.pk, "title": known["title"]}
    )


@require_POST
@provider_page(Permission.ANSWER_TICKETS)
def remove_answer(request: HttpRequest, duty: Duty, answer_id: int) -> HttpResponse:
    """It is offered no more."""
    answers.remove_ready_answer(or_404(answers.find_ready_answer(answer_id)), by=duty.by)
    messages.success(request, _("Removed."))
    return redirect("ready_answers")
