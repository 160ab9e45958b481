"""A client's own server that is read over TLS: where it is, and who vouches for it."""

from __future__ import annotations

import ssl

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecluse.web.notation_fields import NotationField
from ecluse.wire.notations import DomainName

MAX_AUTHORITY = 20_000


def authority_in(text: str) -> str:
    """Certificates in PEM, and nothing else; empty: a public authority's. Raises `ValueError`."""
    try:
        ssl.create_default_context(cadata=text.strip() or None)
    except (ssl.SSLError, TypeError, ValueError):  # `TypeError`: not ASCII.
        raise ValueError("expected certificates in PEM") from None
    return text.strip()


class ServerForm(forms.Form):
    """The first fields of a form; the others follow."""

    host = NotationField(DomainName, accepts_ip=True, label=gettext_lazy("Server"))
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65_535)
    starts_tls = forms.ChoiceField(label=gettext_lazy("Encryption"), required=False)
    authority = forms.CharField(
        label=gettext_lazy("Certificate of your own authority (PEM)"),
        required=False,
        max_length=MAX_AUTHORITY,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Only where its certificate was not issued by a public one."),
    )

    def clean_authority(self) -> str:
        """Certificates, and nothing else."""
        try:
            return authority_in(str(self.cleaned_data["authority"]))
        except ValueError:
            raise forms.ValidationError(_("This is no certificate in PEM.")) from None
