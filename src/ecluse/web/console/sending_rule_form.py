"""The form of one rule for outbound mail: each condition with a sentence of what it means."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from ecluse.domain.sending_rule import MAX_NAME, MAX_REFUSAL, RuleAction
from ecluse.opening.types import Type
from ecluse.web.lines_field import LinesField
from ecluse.wire.keywords import Keyword
from ecluse.wire.notations import Mailboxes, Suffix
from ecluse.wire.sending_rules import MOST_VALUES, MOST_WORDS, RuleTerms

ACTIONS = {
    RuleAction.REFUSE: gettext_lazy("Refuse: the sender is told."),
    RuleAction.HOLD: gettext_lazy("Hold: it waits until one of your administrators approves it."),
    RuleAction.LET_THROUGH: gettext_lazy("Let through: no later rule is asked."),
}


class RuleForm(forms.Form):
    """One rule; the names are those of `RuleTerms`."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=MAX_NAME,
        help_text=gettext_lazy("Senders read it, so say what it is for."),
    )
    action = forms.ChoiceField(
        label=gettext_lazy("What becomes of the message"), choices=list(ACTIONS.items()), widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=gettext_lazy("What a refused sender reads"),
        max_length=MAX_REFUSAL,
        required=False,
        help_text=gettext_lazy(
            "Only where it refuses; empty: a sentence of ours. Accents are left out in mail answers."
        ),
    )
    senders = LinesField(
        Mailboxes,
        label=gettext_lazy("Who sends"),
        most=MOST_VALUES,
        help_text=gettext_lazy("One a line: ann@example.com, example.com, *.example.com. Empty: anybody."),
    )
    recipients = LinesField(
        Mailboxes,
        label=gettext_lazy("To whom"),
        most=MOST_VALUES,
        help_text=gettext_lazy("Written alike; one of the message's recipients is enough."),
    )
    external = forms.BooleanField(
        label=gettext_lazy("Somebody outside your own domains gets it"),
        required=False,
        help_text=gettext_lazy("One of the recipients is enough."),
    )
    words = LinesField(
        Keyword,
        label=gettext_lazy("Words"),
        most=MOST_WORDS,
        help_text=gettext_lazy(
            "One a line, in any case: one of them stands in the subject, the text or a file. Patterns of RE2 are possible, "
            r"such as \bconfidential\b."
        ),
    )
    suffixes = LinesField(
        Suffix,
        label=gettext_lazy("Files by the end of their names"),
        most=MOST_VALUES,
        is_short=True,
        help_text=gettext_lazy("Such as xlsx or csv, in archives too."),
    )
    types = LinesField(
        Type,
        label=gettext_lazy("Files by their content"),
        most=MOST_VALUES,
        is_short=True,
        help_text=gettext_lazy("Such as zip, pdf or xls, whatever their names say."),
    )
    larger_than = forms.IntegerField(
        label=gettext_lazy("Larger than so many octets"),
        min_value=0,
        max_value=100_000_000,
        help_text=gettext_lazy("10000000 are ten megabytes; 0: of any size."),
    )
    more_recipients_than = forms.IntegerField(
        label=gettext_lazy("More recipients than"),
        min_value=0,
        max_value=10_000,
        help_text=gettext_lazy("0: however many."),
    )

    def terms(self) -> RuleTerms:
        """What is meant. Raises `ValueError`."""
        values = {**self.cleaned_data, "action": RuleAction(self.cleaned_data["action"])}
        return RuleTerms(**values | {"types": tuple(map(str, values["types"]))})


def shown_in_form(before: RuleTerms | None) -> dict[str, object]:
    """The values of that rule, or of a new one."""
    shown = before or RuleTerms(name="new", action=RuleAction.HOLD)
    values = {name: getattr(shown, name) for name in RuleTerms.__struct_fields__}
    return values if before else values | {"name": ""}
