"""How a client appears: name, logo, colour and whom to ask, on pages of users and senders and in digests."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from ecluse.control.accounts.roles import Permission
from ecluse.control.tenants.branding import Look, TooBright, branding_of, set_branding
from ecluse.control.tenants.logo import MAX_UPLOAD_OCTETS, BadLogo
from ecluse.web.console.access import Visit, client_page, show

_MOST_LINES = 5


class BrandingForm(forms.Form):
    """What is shown."""

    name = forms.CharField(
        label=gettext_lazy("Name that is shown"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Empty: the name of your organisation as it stands here."),
    )
    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        max_length=200,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
        help_text=gettext_lazy("PNG or JPEG, half a megabyte at most; it is drawn anew, at most 320 by 96 pixels."),
    )
    drops_logo = forms.BooleanField(label=gettext_lazy("Show no logo any more"), required=False)
    colour = forms.RegexField(
        label=gettext_lazy("Colour"),
        regex=r"^#[0-9A-Fa-f]{6}$",
        required=False,
        help_text=gettext_lazy("Such as #0a58ca: the ground of white letters, and so dark enough for them."),
    )
    contact = forms.CharField(
        label=gettext_lazy("Whom to ask"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Up to five lines: who helps, telephone, address. Blocked senders read them, too."),
    )

    def clean_contact(self) -> str:
        """Few lines."""
        lines = [line.strip() for line in str(self.cleaned_data["contact"]).splitlines() if line.strip()]
        if len(lines) > _MOST_LINES:
            raise forms.ValidationError(_("These are too many lines."))
        return "\n".join(lines)

    def uploaded(self) -> bytes | None:
        """As `set_branding` wants it; no more than it would look at."""
        file = self.cleaned_data["logo"]
        if file is not None:
            return bytes(file.read(MAX_UPLOAD_OCTETS + 1))
        return b"" if self.cleaned_data["drops_logo"] else None


@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.CHANGE_SETTINGS)
def branding(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What it is, and another one."""
    known = branding_of(visit.client)
    initial = {name: getattr(known, name) for name in Look.__slots__} if known else {}
    form = BrandingForm(request.POST or None, request.FILES or None, initial=initial)
    if form.is_valid():
        look = Look(**{name: form.cleaned_data[name] for name in Look.__slots__})
        try:
            set_branding(visit.client, look, logo=form.uploaded(), by=visit.by)
        except TooBright:
            form.add_error(
                "colour", _("White letters could not be read on it (contrast of 4.5 at least). Take a darker one.")
            )
        except BadLogo:
            form.add_error("logo", _("This is no PNG or JPEG of that size."))
        else:
            messages.success(request, _("Saved."))
            return redirect("branding", client_id=visit.client.pk)
    return show(request, visit, "console/branding.html", {"form": form, "branding": known})
