"""What the provider fills in about a change of terms, prices or service (3-8)."""

from __future__ import annotations

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy

from ecluse.control.contracts.change_notices import LAST_DAY, MAX_TEXT, MAX_TITLE, ChangeTerms, with_newest


class ChangeForm(forms.Form):
    """It is published at once, and goes to every client in force."""

    title = forms.CharField(label=gettext_lazy("What changes, in a few words"), max_length=MAX_TITLE)
    text_fr = forms.CharField(label=gettext_lazy("The change, in French"), max_length=MAX_TEXT, widget=forms.Textarea)
    text_en = forms.CharField(label=gettext_lazy("The change, in English"), max_length=MAX_TEXT, widget=forms.Textarea)
    effective_on = forms.DateField(
        label=gettext_lazy("Takes effect on"),
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=[MaxValueValidator(LAST_DAY)],
    )
    is_unfavourable = forms.BooleanField(
        label=gettext_lazy("It is to the disadvantage of clients: they may leave, and are given back (3-8)"),
        required=False,
    )
    has_new_terms = forms.BooleanField(
        label=gettext_lazy("The newest terms of sale hold for all contracts from that day on"), required=False
    )
    has_new_prices = forms.BooleanField(
        label=gettext_lazy("The newest price list is meant, which holds from each contract's renewal on"),
        required=False,
    )
    is_sure = forms.BooleanField(label=gettext_lazy("I have read it: it goes to all clients by mail, at once"))

    def said(self) -> ChangeTerms:
        """What is published."""
        given = self.cleaned_data
        said = ChangeTerms(
            title=given["title"],
            text_fr=given["text_fr"],
            text_en=given["text_en"],
            is_unfavourable=given["is_unfavourable"],
            effective_on=given["effective_on"],
        )
        return with_newest(said, terms=given["has_new_terms"], prices=given["has_new_prices"])
