"""Folders of a client's mailbox (IMAP) that teach its filter: which they are, and whether they can be read."""

from __future__ import annotations

import re

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from ecluse.control.accounts.roles import Permission
from ecluse.control.learning import folders
from ecluse.control.learning.folders import LessonMailbox, MailboxSettings, OneFolder
from ecluse.domain.errors import Impossible
from ecluse.domain.lesson_folder import FolderFailed, FolderNews, FolderTrouble
from ecluse.web.backends import backends
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.console.server_form import ServerForm
from ecluse.web.limits import Limit
from ecluse.web.pages import or_404

TRIALS = Limit("lesson-folders", most=20, within_s=3_600)  # Each takes up to half a minute of a thread.
_EVERY = (
    (10, gettext_lazy("every ten minutes")),
    (60, gettext_lazy("every hour")),
    (1_440, gettext_lazy("every day")),
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
TROUBLE_WORDS = {
    FolderTrouble.NO_CONNECTION: gettext_lazy("Nobody answers there."),
    FolderTrouble.NOT_PUBLIC: gettext_lazy("It has no address that may be asked; ask your provider."),
    FolderTrouble.NOT_ENCRYPTED: gettext_lazy("No encryption, or a certificate that does not vouch for this host."),
    FolderTrouble.CREDENTIALS: gettext_lazy("It does not accept this name and password."),
    FolderTrouble.NO_FOLDER: gettext_lazy("One of the folders is not there, or may not be read."),
    FolderTrouble.TOO_LARGE: gettext_lazy("It says more than was asked for."),
    FolderTrouble.REFUSED: gettext_lazy("It does not do what was asked."),
    FolderTrouble.BROKEN_OFF: gettext_lazy("The conversation broke off, or took too long."),
}


class MailboxForm(ServerForm):
    """Where it is, who we are there, and what lies where."""

    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65_535, initial=993)
    starts_tls = forms.ChoiceField(
        label=gettext_lazy("Encryption"),
        choices=(
            ("", gettext_lazy("from the beginning (imaps)")),
            ("on", gettext_lazy("begun in the clear (STARTTLS)")),
        ),
        required=False,
    )
    user = forms.CharField(
        label=gettext_lazy("Name that we sign in with"),
        max_length=200,
        help_text=gettext_lazy("It needs to read these two folders, and nothing else."),
    )
    password = forms.CharField(
        label=gettext_lazy("Password there"),
        required=False,
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "Leave it empty to keep the one that is stored; for another server or name it is asked again."
        ),
    )
    spam_folder = forms.CharField(
        label=gettext_lazy("Folder for spam that came through"),
        max_length=200,
        help_text=gettext_lazy("One that only people put messages into, such as Lessons/Spam."),
    )
    ham_folder = forms.CharField(label=gettext_lazy("Folder for messages that are no spam"), max_length=200)
    every_minutes = forms.TypedChoiceField(label=gettext_lazy("It is read"), choices=_EVERY, initial=60, coerce=int)

    def clean_password(self) -> str:
        """One that SASL can carry (RFC 4616)."""
        text = str(self.cleaned_data["password"])
        if "\0" in text:
            raise forms.ValidationError(_("This is not written as it should be. See the example below the field."))
        return text

    def clean(self) -> None:
        """Names are of one line."""
        super().clean()
        for name in ("user", "spam_folder", "ham_folder"):
            if _CONTROL.search(self.cleaned_data.get(name, "")):
                self.add_error(name, _("This is not written as it should be. See the example below the field."))

    def settings(self) -> MailboxSettings:
        """What was asked for."""
        values = {name: self.cleaned_data[name] for name in MailboxSettings.__slots__}
        return MailboxSettings(**{**values, "starts_tls": values["starts_tls"] == "on"})


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@client_page(Permission.CHANGE_SETTINGS)
def mailbox(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What it is, and another one."""
    known = folders.mailbox_of(visit.client)
    form = MailboxForm(request.POST or None, initial=_initial(known))
    if form.is_valid():
        try:
            folders.set_mailbox(visit.client, form.settings(), form.cleaned_data["password"], by=visit.by)
        except OneFolder:
            form.add_error("ham_folder", _("These must be two folders."))
        except Impossible:
            form.add_error("password", _("A password is needed, and a master key of this installation to keep it by."))
        else:
            messages.success(request, _("Saved."))
            return redirect("lesson_mailbox", client_id=visit.client.pk)
    words = TROUBLE_WORDS[FolderTrouble(known.trouble)] if known and known.trouble else ""
    shown = {"form": form, "mailbox": known, "trouble": words, "most_a_day": folders.MOST_A_DAY}
    return show(request, visit, "console/lesson_folders.html", shown)


@require_POST
@client_page(Permission.CHANGE_SETTINGS)
def test_mailbox(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Sign in and look into both folders; nothing is fetched or learned."""
    known = or_404(folders.mailbox_of(visit.client))
    news = _look(request, visit, known)
    if news is not None:
        spam, ham = news
        found = {"spam": spam.exists, "ham": ham.exists}
        said = _("Both folders can be read. Messages that lie there: %(spam)d of spam, %(ham)d of no spam.")
        messages.success(request, said % found)
    return redirect("lesson_mailbox", client_id=visit.client.pk)


@require_POST
@client_page(Permission.CHANGE_SETTINGS)
def remove_mailbox(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Nobody reads it any more."""
    folders.remove_mailbox(or_404(folders.mailbox_of(visit.client)), by=visit.by)
    messages.success(request, _("The mailbox is not read any more; what it taught stays learned."))
    return redirect("lesson_mailbox", client_id=visit.client.pk)


def _look(request: HttpRequest, visit: Visit, known: LessonMailbox) -> tuple[FolderNews, ...] | None:
    if TRIALS.is_reached(str(visit.client.pk)):
        messages.warning(request, _("That was often. Please try again in an hour."))
        return None
    try:
        return backends().read_folders(folders.question_for(known, 0))
    except FolderFailed as failure:
        folders.note_failure(known, failure)
        messages.error(request, f"{TROUBLE_WORDS[failure.trouble]} {failure.said}")
        return None


def _initial(known: LessonMailbox | None) -> dict[str, object]:
    if known is None:
        return {}
    values = {name: getattr(known, name) for name in MailboxSettings.__slots__}
    return {**values, "starts_tls": "on" if known.starts_tls else ""}
