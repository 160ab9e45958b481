"""Form controls as Bootstrap draws them."""

from __future__ import annotations

from django import template
from django.forms import BoundField, CheckboxInput, RadioSelect, Select

register = template.Library()


@register.filter
def control(field: BoundField) -> str:
    """The field's control with its classes; Django itself ties it to its help and its errors."""
    classes = _classes(field)
    if field.errors:
        classes += " is-invalid"
    return field.as_widget(attrs={"class": classes})


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Whether its label stands behind it."""
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def is_choice(field: BoundField) -> bool:
    """Whether it is a group of radio buttons, or of checkboxes, with one legend."""
    return isinstance(field.field.widget, RadioSelect)


def _classes(field: BoundField) -> str:
    widget = field.field.widget
    if isinstance(widget, CheckboxInput):
        return "form-check-input"
    # A list of radio buttons is one, too, by inheritance.
    return "form-select" if type(widget) is Select else "form-control"
