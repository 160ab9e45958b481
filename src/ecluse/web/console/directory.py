"""A client's directory (LDAP): where its addresses are read, what that would change, and doing it."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from ecluse.control.accounts.roles import Permission
from ecluse.control.directories import services
from ecluse.control.directories.difference import Difference, difference
from ecluse.control.directories.services import Directory, DirectorySettings
from ecluse.domain.directory import DirectoryEntry, DirectoryFailed, DirectoryTrouble
from ecluse.domain.errors import Impossible
from ecluse.web.backends import backends
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.console.server_form import ServerForm
from ecluse.web.limits import Limit
from ecluse.web.lines_field import LinesField
from ecluse.web.notation_fields import NotationField
from ecluse.web.pages import or_404
from ecluse.wire.ldap.filters import BadFilter, encode_filter
from ecluse.wire.notations import AttributeName, DomainName

READINGS = Limit("directory", most=20, within_s=3_600)  # Each takes up to half a minute of a thread.
_SHOWN = 200
_HOURS = (
    (0, gettext_lazy("only when somebody asks")),
    (1, gettext_lazy("every hour")),
    (24, gettext_lazy("every day")),
)
TROUBLE_WORDS = {
    DirectoryTrouble.NO_CONNECTION: gettext_lazy("Nobody answers there."),
    DirectoryTrouble.NOT_PUBLIC: gettext_lazy("It has no address that may be asked; ask your provider."),
    DirectoryTrouble.NOT_ENCRYPTED: gettext_lazy("No encryption, or a certificate that does not vouch for this host."),
    DirectoryTrouble.CREDENTIALS: gettext_lazy("It does not accept this name and password."),
    DirectoryTrouble.NO_BASE: gettext_lazy("The base is not there."),
    DirectoryTrouble.TOO_LARGE: gettext_lazy(
        "It gives less than all, or there are more entries than are read: 20,000."
    ),
    DirectoryTrouble.REFUSED: gettext_lazy("It does not do what was asked."),
    DirectoryTrouble.BROKEN_OFF: gettext_lazy("The conversation broke off, or took too long."),
}


class DirectoryForm(ServerForm):
    """Where it is, who we are there, and what is read."""

    host = NotationField(DomainName, accepts_ip=True, label=gettext_lazy("Server of the directory"))
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65_535, initial=636)
    starts_tls = forms.ChoiceField(
        label=gettext_lazy("Encryption"),
        choices=(
            ("", gettext_lazy("from the beginning (ldaps)")),
            ("on", gettext_lazy("begun in the clear (StartTLS)")),
        ),
        required=False,
    )
    bind_dn = forms.CharField(
        label=gettext_lazy("Name that we sign in with (DN)"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("It needs to read, and nothing else. Empty: as nobody in particular."),
    )
    password = forms.CharField(
        label=gettext_lazy("Password there"),
        required=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "Leave it empty to keep the one that is stored; for another server or name it is asked again."
        ),
    )
    base = forms.CharField(
        label=gettext_lazy("Base"), max_length=500, help_text=gettext_lazy("Such as dc=example,dc=com.")
    )
    filter = forms.CharField(
        label=gettext_lazy("Which entries"),
        max_length=2_000,
        initial="(&(objectClass=person)(mail=*))",
        help_text=gettext_lazy(
            "A filter as directories have it. In Active Directory “(!(userAccountControl:1.2.840.113556.1.4.803:=2))” leaves "
            "those out that are switched off."
        ),
    )
    address_attribute = NotationField(
        AttributeName,
        label=gettext_lazy("Attribute with the address"),
        initial="mail",
        help_text=gettext_lazy("Its first value is the mailbox; others lead to it."),
    )
    alias_attributes = LinesField(
        AttributeName,
        label=gettext_lazy("Attributes with other addresses"),
        most=10,
        is_short=True,
        help_text=gettext_lazy("One a line: proxyAddresses in Active Directory, mailAlternateAddress elsewhere."),
    )
    name_attribute = NotationField(
        AttributeName, label=gettext_lazy("Attribute with the name"), initial="displayName", required=False
    )
    every_hours = forms.ChoiceField(label=gettext_lazy("It is read"), choices=_HOURS, initial=0)

    def clean_filter(self) -> str:
        """One that can be sent."""
        text = str(self.cleaned_data["filter"]).strip()
        try:
            encode_filter(text)
        except BadFilter:
            raise forms.ValidationError(_("This is no filter.")) from None
        return text

    def settings(self) -> DirectorySettings:
        """What was asked for."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "password"}
        values["alias_attributes"] = tuple(map(str, values["alias_attributes"]))
        values |= {"starts_tls": values["starts_tls"] == "on", "every_hours": int(values["every_hours"])}
        return DirectorySettings(**values)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.CHANGE_ADDRESSES)
def directory(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What it is, and another one."""
    known = services.directory_of(visit.client)
    form = DirectoryForm(request.POST or None, initial=_initial(known))
    if form.is_valid():
        try:
            services.set_directory(visit.client, form.settings(), form.cleaned_data["password"], by=visit.by)
        except Impossible:
            form.add_error("password", _("A password is needed, and a master key of this installation to keep it by."))
        else:
            messages.success(request, _("Saved."))
            return redirect("directory", client_id=visit.client.pk)
    words = TROUBLE_WORDS[DirectoryTrouble(known.trouble)] if known and known.trouble else ""
    return show(request, visit, "console/directory.html", {"form": form, "directory": known, "trouble": words})


@require_POST
@client_page(Permission.CHANGE_ADDRESSES)
def preview(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Read it, and show what would change; nothing does."""
    known = or_404(services.directory_of(visit.client))
    entries = _read(request, visit, known)
    if entries is None:
        return redirect("directory", client_id=visit.client.pk)
    return show(request, visit, "console/directory_preview.html", _shown(difference(known, entries)))


@require_POST
@client_page(Permission.CHANGE_ADDRESSES)
def apply(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Read it once more, and do what was shown: no more addresses go than were."""
    known = or_404(services.directory_of(visit.client))
    shown = request.POST.get("gone", "0")
    may_go = int(shown) if shown.isascii() and shown.isdecimal() and len(shown) < 8 else 0
    entries = _read(request, visit, known)
    if entries is None:
        return redirect("directory", client_id=visit.client.pk)
    try:
        found = services.apply(known, entries, may_go=may_go, by=visit.by)
    except Impossible:
        messages.error(request, _("An alias is another name for a mailbox, not for an alias. Nothing was changed."))
        return redirect("directory", client_id=visit.client.pk)
    if len(found.gone) > may_go:
        messages.warning(
            request, _("More addresses would go than were shown: none did. Look at the differences again.")
        )
    messages.success(
        request,
        _("%(added)d added, %(changed)d changed.") % {"added": len(found.added), "changed": len(found.changed)},
    )
    return redirect("directory", client_id=visit.client.pk)


@require_POST
@client_page(Permission.CHANGE_ADDRESSES)
def remove(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Nobody reads it any more."""
    services.remove_directory(or_404(services.directory_of(visit.client)), by=visit.by)
    messages.success(request, _("The directory is not read any more; its addresses stay."))
    return redirect("directory", client_id=visit.client.pk)


def _read(request: HttpRequest, visit: Visit, known: Directory) -> tuple[DirectoryEntry, ...] | None:
    """Its entries; None where it was read too often, or gives none: the next page says which."""
    if READINGS.is_reached(str(visit.client.pk)):
        messages.warning(request, _("That was often. Please try again in an hour."))
        return None
    try:
        return backends().read_directory(services.question_for(known))
    except DirectoryFailed as failure:
        services.note_failure(known, failure)
        messages.error(request, f"{TROUBLE_WORDS[failure.trouble]} {failure.said}")
        return None


def _shown(found: Difference) -> dict[str, object]:
    return {
        "found": found,
        "groups": [
            (pgettext("addresses", "Added"), found.added[:_SHOWN], max(0, len(found.added) - _SHOWN)),
            (pgettext("addresses", "Changed"), found.changed[:_SHOWN], max(0, len(found.changed) - _SHOWN)),
            (pgettext("addresses", "Removed"), found.gone[:_SHOWN], max(0, len(found.gone) - _SHOWN)),
        ],
    }


def _initial(known: Directory | None) -> dict[str, object]:
    if known is None:
        return {}
    values = {name: getattr(known, name) for name in DirectorySettings.__slots__}
    return {**values, "starts_tls": "on" if known.starts_tls else ""}
