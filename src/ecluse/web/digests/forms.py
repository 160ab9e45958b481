"""When to tell of held mail, as a form: the client's, and one user's own, which may follow the client in all."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext, gettext_lazy

from ecluse.control.mail.digest_settings import WITHIN_MINUTES

DAYS = (
    (0, gettext_lazy("Monday")),
    (1, gettext_lazy("Tuesday")),
    (2, gettext_lazy("Wednesday")),
    (3, gettext_lazy("Thursday")),
    (4, gettext_lazy("Friday")),
    (5, gettext_lazy("Saturday")),
    (6, gettext_lazy("Sunday")),
)
HOURS = tuple((hour, f"{hour:02}:00") for hour in range(24))
CLASSES = (("Q", gettext_lazy("Spam (Q)")), ("M", gettext_lazy("Newsletters (M)")))
LANGUAGES = (("fr", "français"), ("en", "English"))
ZONES = tuple((name, name) for name in sorted(available_timezones()) if "/" in name and not name.startswith("Etc/"))
_FOLLOWS = ("", gettext_lazy("as your organisation has it"))


def _within() -> list[tuple[int, str]]:
    """Evaluated for each form, in its reader's language."""
    hours, *some = WITHIN_MINUTES
    words = gettext("within %(minutes)d minutes")
    return [(hours, gettext("no, at these hours alone")), *((each, words % {"minutes": each}) for each in some)]


def _within_or_follow() -> list[tuple[object, object]]:
    return [_FOLLOWS, *_within()]


class _TimesForm(forms.Form):
    """What both have."""

    hours = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Hours"), choices=HOURS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Days"), choices=DAYS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    classes = forms.MultipleChoiceField(
        label=gettext_lazy("Classes"), choices=CLASSES, required=False, widget=forms.CheckboxSelectMultiple
    )

    def clean_classes(self) -> str:
        """As it is kept: "QM"."""
        return "".join(self.cleaned_data["classes"])


class DigestRulesForm(_TimesForm):
    """The client's."""

    is_on = forms.BooleanField(label=gettext_lazy("Tell users what is held for them"), required=False)
    within_minutes = forms.TypedChoiceField(label=gettext_lazy("Near real time"), choices=_within, coerce=int)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES)
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=ZONES)
    asks_for_login = forms.BooleanField(
        label=gettext_lazy(
            "Their links ask for a sign-in: with a digest that is passed on nobody can do more than end the digests"
        ),
        required=False,
    )
    field_order = ("is_on", "hours", "days", "within_minutes", "classes", "language", "time_zone", "asks_for_login")

    def clean(self) -> None:
        """A digest that would never go out is a mistake."""
        values = self.cleaned_data
        if not values.get("is_on"):
            return
        if not values.get("within_minutes") and not (values.get("hours") and values.get("days")):
            self.add_error("hours", gettext_lazy("Choose at least one hour and one day."))
        if "classes" in values and not values["classes"]:
            self.add_error("classes", gettext_lazy("Choose at least one class."))


class DigestWishForm(_TimesForm):
    """One user's."""

    is_on = forms.ChoiceField(
        label=gettext_lazy("Tell me what is held for me"),
        choices=(_FOLLOWS, ("on", gettext_lazy("yes")), ("off", gettext_lazy("no"))),
        required=False,
        widget=forms.RadioSelect,
    )
    within_minutes = forms.TypedChoiceField(
        label=gettext_lazy("Near real time"), choices=_within_or_follow, coerce=int, empty_value=None, required=False
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=(_FOLLOWS, *LANGUAGES), required=False)
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=(_FOLLOWS, *ZONES), required=False)
    field_order = ("is_on", "hours", "days", "within_minutes", "classes", "language", "time_zone")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("hours", "days", "classes"):
            self.fields[name].help_text = gettext_lazy("None chosen: as your organisation has it.")

    def clean_is_on(self) -> bool | None:
        """None follows the client."""
        return {"on": True, "off": False}.get(self.cleaned_data["is_on"])
