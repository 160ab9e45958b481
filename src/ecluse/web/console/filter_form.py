"""The form of a client's wishes: each setting with a sentence of what it does."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecluse.domain.mass import MassAction
from ecluse.domain.policy import BANNED_SUFFIXES, Unscannable
from ecluse.domain.purge import LEAST_LOG_DAYS, MOST_LOG_DAYS
from ecluse.filtering.meanings import MEANINGS
from ecluse.web.lines_field import LinesField
from ecluse.wire.notations import DomainName, MailAddress, NamedAddress, Network, Suffix
from ecluse.wire.wishes import Wishes, plain_wishes, read_wishes

MOST_NAMES, MOST_SEALERS, MOST_WEIGHTS, MOST_REPORTS = 200, 1_000, 200, 100
_OURS = frozenset(map(Suffix, BANNED_SUFFIXES.split()))
_UNSEEN = (
    (Unscannable.REFUSE, gettext_lazy("Refuse: the sender is told.")),
    (Unscannable.HOLD, gettext_lazy("Keep aside: it waits in the quarantine for 30 days at most.")),
    (Unscannable.DELIVER, gettext_lazy("Deliver: nobody has looked into it.")),
)
MASS_WORDS = (
    (MassAction.DELIVER, gettext_lazy("Deliver as all other mail.")),
    (MassAction.TAG, gettext_lazy("Deliver with the field “X-Ecluse-Class: M”, by which mail programs can sort.")),
    (MassAction.DIGEST, gettext_lazy("Keep aside and list in the digest.")),
    (MassAction.REFUSE, gettext_lazy("Refuse.")),
)


def _weight(line: str) -> tuple[str, float]:
    code, equals, number = line.partition("=")
    code, points = code.strip().upper(), float(number.replace(",", "."))
    if not equals or code not in MEANINGS or not -1_000 <= points <= 1_000:
        raise ValueError("expected the code of a finding and its points")
    return code, points


class WishesForm(forms.Form):
    """See above. The names are those of `Wishes`, but for `suffixes`: the whole list that is refused."""

    filtered = forms.BooleanField(
        label=gettext_lazy("Filter spam"),
        required=False,
        help_text=gettext_lazy("Without it only viruses and files known to be harmful are refused."),
    )
    refuse_at = forms.FloatField(
        label=gettext_lazy("Refuse from a score of"),
        min_value=0.1,
        max_value=1_000,
        help_text=gettext_lazy(
            "Each reason found in a message counts some points. The lower this limit, the more spam is refused, and the "
            "more honest mail with it. Refused mail can be released by its sender. We recommend 15."
        ),
    )
    greylist = forms.BooleanField(
        label=gettext_lazy("Ask unclear senders to come again (greylisting)"),
        required=False,
        help_text=gettext_lazy(
            "Mail that is neither clearly good nor clearly spam is put off for five minutes, once for each sender. Real mail "
            "servers come again, many robots do not. Senders who are known well never wait."
        ),
    )
    greylist_at = forms.FloatField(
        label=gettext_lazy("Mail is unclear from a score of"),
        min_value=0.1,
        max_value=1_000,
        help_text=gettext_lazy("Up to the limit above. It counts only while greylisting is on."),
    )
    mass_mail = forms.ChoiceField(
        label=gettext_lazy("Newsletters and mass mailings that are no spam"),
        choices=MASS_WORDS,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Mailing lists on which people write to each other are none."),
    )
    suffixes = LinesField(
        Suffix,
        label=gettext_lazy("File types that are refused"),
        most=500,
        is_short=True,
        help_text=gettext_lazy(
            "By the end of the name, in archives too, whoever sends them. Take out what your users need, add what they never "
            "get, such as docm or xlsm. While all of ours stand here, what we add later counts too."
        ),
    )
    encrypted = forms.ChoiceField(
        label=gettext_lazy("Encrypted archives and documents"),
        choices=_UNSEEN,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Files whose password stands in the message are opened, and need no decision."),
    )
    unscannable = forms.ChoiceField(
        label=gettext_lazy("Other files that nobody can look into"),
        choices=_UNSEEN,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Broken, too large, or in a format that neither we nor the virus scanner can read."),
    )
    protected_names = LinesField(
        DomainName,
        label=gettext_lazy("Domains of your partners, banks and suppliers"),
        most=MOST_NAMES,
        help_text=gettext_lazy(
            "One a line. Mail from domains that only look like them counts as suspicious. Your own domains are protected anyway."
        ),
    )
    trusted_sealers = LinesField(
        DomainName,
        label=gettext_lazy("Trusted forwarders"),
        most=MOST_SEALERS,
        help_text=gettext_lazy(
            "Domains, one a line, whose word counts (ARC) when they forward mail whose author can then no longer be "
            "verified. Empty: nobody is trusted."
        ),
    )
    executives = LinesField(
        NamedAddress,
        label=gettext_lazy("People whose names swindlers borrow"),
        most=MOST_SEALERS,
        help_text=gettext_lazy(
            "One a line, such as Ann Lee <ann@a.example>: who decides or pays, with each address that they write from, private "
            "ones too. Their names from any other address count as suspicious; the effect on past mail cannot be shown."
        ),
    )
    report_addresses = LinesField(
        MailAddress,
        label=gettext_lazy("Addresses to which reports come"),
        most=MOST_REPORTS,
        help_text=gettext_lazy(
            "Addresses of your domains, one a line, that your DMARC and TLS-RPT records name. Their mail is delivered as "
            "usual, and what it reports is kept for a year."
        ),
    )
    spam_reports_to = LinesField(
        MailAddress,
        label=gettext_lazy("Addresses to which your users report spam"),
        most=MOST_REPORTS,
        help_text=gettext_lazy(
            "Addresses of your domains, one a line. Your users forward there, as an attachment, spam that came through: your filter "
            "learns from it. Only mail that is proven to be theirs (SPF or DKIM) counts."
        ),
    )
    ham_reports_to = LinesField(
        MailAddress,
        label=gettext_lazy("Addresses to which your users report what was no spam"),
        most=MOST_REPORTS,
        help_text=gettext_lazy("The same for honest mail that was taken for spam; other addresses than those above."),
    )
    bare_newlines_from = LinesField(
        Network,
        label=gettext_lazy("Devices with broken line ends"),
        most=MOST_NAMES,
        help_text=gettext_lazy(
            "Networks, one a line, such as 192.0.2.0/24: old scanners and programs whose mail is mended instead of refused."
        ),
    )
    buffer_rcpt_4xx = forms.BooleanField(
        label=gettext_lazy("Keep mail while your server puts everybody off"),
        required=False,
        help_text=gettext_lazy("Without it the sender keeps the message and tries again."),
    )
    arc_seal = forms.BooleanField(
        label=gettext_lazy("Seal relayed mail (ARC)"),
        required=False,
        help_text=gettext_lazy(
            "For servers behind us that trust the provider's seal: they learn what we found out about the sender."
        ),
    )
    suppress = forms.BooleanField(
        label=gettext_lazy("Refuse your users' mail to suppressed recipients"),
        required=False,
        help_text=gettext_lazy(
            "Whom his own server did not know twice, and who complained of your mail. Large providers count such mail "
            "against whoever sends it."
        ),
    )
    sign_return_path = forms.BooleanField(
        label=gettext_lazy("Sign the return path, and refuse bounces of mail that you have not sent"),
        required=False,
        help_text=gettext_lazy(
            "Only where all of your mail leaves by us, and your own server signs none. Mailing lists that know their members by "
            "the sender may refuse them."
        ),
    )
    log_subjects = forms.BooleanField(
        label=gettext_lazy("Keep subjects in the message log"),
        required=False,
        help_text=gettext_lazy(
            "Then they can be searched, by those who may see content. They are kept as long as the messages."
        ),
    )
    log_days = forms.IntegerField(
        label=gettext_lazy("Days that messages stand in the message log"),
        min_value=LEAST_LOG_DAYS,
        max_value=MOST_LOG_DAYS,
        help_text=gettext_lazy(
            "From 70 to 365. What is older is deleted each hour, objections to its verdicts included, and does not come back; "
            "figures by day stay. Nodes keep records in files of all clients: there it goes within a week. Fewer than 70 "
            "days it cannot be, since months are closed by what the log has of them."
        ),
    )
    weights = LinesField(
        _weight,
        label=gettext_lazy("Points of your own"),
        most=MOST_WEIGHTS,
        help_text=gettext_lazy(
            "One a line, such as LINK_ODD_PORT = 0.5, in place of ours. The names stand at each message in the log."
        ),
    )

    def __init__(self, data: object, wishes: Wishes) -> None:
        super().__init__(data, initial=_initial(wishes))  # type: ignore[arg-type]  # what Django takes
        for field in self.fields.values():
            field.label_suffix = ""

    @property
    def sections(self) -> Iterable[tuple[object, list[BoundField]]]:
        """Title and fields."""
        for title, names in _SECTIONS:
            yield title, [self[name] for name in names]

    def clean(self) -> dict[str, object] | None:
        """What cannot be wished together."""
        values = self.cleaned_data
        if values.get("greylist") and values.get("greylist_at", 0.0) >= values.get("refuse_at", 1e9):
            self.add_error("greylist_at", _("Must be lower than the score from which mail is refused."))
        both = {each.casefold() for each in values.get("spam_reports_to", ())}
        if both.intersection(each.casefold() for each in values.get("ham_reports_to", ())):
            self.add_error("ham_reports_to", _("One of these addresses hears of spam already: take another one."))
        return super().clean()

    def refuse_address(self, address: str) -> None:
        """One that is none of the client's: where it stands."""
        for name in ("report_addresses", "spam_reports_to", "ham_reports_to"):
            if address in self.cleaned_data.get(name, ()):
                self.add_error(name, _("This is no address of yours: %(address)s") % {"address": address})

    def wishes(self, before: Wishes) -> Wishes:
        """What was wished in place of that; what the form does not show stays. Raises `msgspec.ValidationError` for what no field saw."""
        values = dict(self.cleaned_data)
        suffixes = frozenset(values.pop("suffixes"))
        own = None if suffixes >= _OURS else tuple(sorted(suffixes))
        values["banned_suffixes"] = own
        values["extra_banned_suffixes"] = tuple(sorted(suffixes - _OURS)) if own is None else ()
        values["weights"] = dict(values["weights"])
        whole = msgspec.structs.replace(before, **values)
        return read_wishes(plain_wishes(whole))


_SECTIONS: tuple[tuple[object, tuple[str, ...]], ...] = (
    (gettext_lazy("Spam"), ("filtered", "refuse_at", "greylist", "greylist_at")),
    (gettext_lazy("Newsletters"), ("mass_mail",)),
    (gettext_lazy("Attachments"), ("encrypted", "unscannable", "suffixes")),
    (gettext_lazy("What your users report"), ("spam_reports_to", "ham_reports_to")),
    (gettext_lazy("Forgeries"), ("executives", "protected_names", "trusted_sealers")),
    (gettext_lazy("Outgoing mail"), ("suppress", "sign_return_path")),
    (
        gettext_lazy("For specialists"),
        (
            "log_subjects",
            "log_days",
            "report_addresses",
            "arc_seal",
            "buffer_rcpt_4xx",
            "bare_newlines_from",
            "weights",
        ),
    ),
)


def _initial(wishes: Wishes) -> dict[str, object]:
    own = _OURS if wishes.banned_suffixes is None else wishes.banned_suffixes
    whole = {name: getattr(wishes, name) for name in Wishes.__struct_fields__}
    return {
        **whole,
        "suffixes": sorted({*own, *wishes.extra_banned_suffixes}),
        "weights": [f"{code} = {weight:g}" for code, weight in sorted(wishes.weights.items())],
    }
