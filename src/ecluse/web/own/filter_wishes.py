"""What the visitor wants of the filter, for himself alone."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ecluse.control.policies.filter_wishes import filter_wish_of, set_filter_wish
from ecluse.control.policies.queries import wishes
from ecluse.domain.mass import MassAction
from ecluse.web.console.filter_form import MASS_WORDS
from ecluse.web.own.access import OwnVisit, own_page, show_own


class FilterWishForm(forms.Form):
    """His wishes."""

    mass_mail = forms.ChoiceField(
        label=gettext_lazy("Newsletters and mass mailings that are no spam"),
        choices=(("", gettext_lazy("As my organisation has it")), *MASS_WORDS),
        widget=forms.RadioSelect,
        required=False,
    )
    is_greylisted = forms.BooleanField(
        label=gettext_lazy("Unclear senders may be asked to come again"),
        required=False,
        help_text=gettext_lazy("Their mail comes some minutes later. Without it more spam may come through."),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@own_page
def own_filter(request: HttpRequest, mine: OwnVisit) -> HttpResponse:
    """For all his addresses."""
    client = mine.visit.client
    form = FilterWishForm(request.POST) if request.method == "POST" else _form(mine)
    if request.method == "POST" and mine.keys and form.is_valid():
        wanted = form.cleaned_data["mass_mail"]
        set_filter_wish(
            client,
            mine.keys,
            is_greylisted=form.cleaned_data["is_greylisted"],
            mass_mail=MassAction(wanted) if wanted else None,
            by=mine.visit.by,
        )
        messages.success(request, _("Saved."))
        return redirect("own_filter", client_id=client.pk)
    return show_own(request, mine, "own/filter.html", {"form": form, "is_greylisting": wishes().greylist})


def _form(mine: OwnVisit) -> FilterWishForm:
    wish = filter_wish_of(mine.visit.client, mine.keys[0] if mine.keys else "")
    return FilterWishForm(initial={"mass_mail": wish.mass_mail, "is_greylisted": wish.is_greylisted})
