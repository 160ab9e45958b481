"""What others report of a client's domains, in words: whose a server is, why sessions failed, and what to change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecluse.control.signing.reported import Reported, Source, TlsTrouble
from ecluse.domain.received_report import ReportKind

_OURS_FAILS = 1.0  # Percent of what we send; forwarding alone breaks a little.
_ENOUGH = 20  # Messages: fewer say nothing.
_CERTIFICATE, _POLICY, _DNSSEC = "certificate", "policy", "dnssec"

# Of RFC 8460 section 4.3: in words, and whose matter it is.
_FAILURES: Mapping[str, tuple[str | Promise, str]] = MappingProxyType(
    {
        "starttls-not-supported": (gettext_lazy("no encryption offered (STARTTLS)"), _CERTIFICATE),
        "certificate-host-mismatch": (gettext_lazy("certificate of another name"), _CERTIFICATE),
        "certificate-expired": (gettext_lazy("certificate out of date"), _CERTIFICATE),
        "certificate-not-trusted": (gettext_lazy("certificate not trusted"), _CERTIFICATE),
        "validation-failure": (gettext_lazy("not checked, for another reason"), _CERTIFICATE),
        "tlsa-invalid": (gettext_lazy("TLSA record does not fit"), _DNSSEC),
        "dnssec-invalid": (gettext_lazy("DNSSEC broken"), _DNSSEC),
        "dane-required": (gettext_lazy("DANE demanded, and no TLSA record"), _DNSSEC),
        "sts-policy-fetch-error": (gettext_lazy("MTA-STS policy not found"), _POLICY),
        "sts-policy-invalid": (gettext_lazy("MTA-STS policy cannot be read"), _POLICY),
        "sts-webpki-invalid": (gettext_lazy("certificate of the MTA-STS policy's server"), _POLICY),
    }
)
_TO_CHANGE: Mapping[str, str | Promise] = MappingProxyType(
    {
        _POLICY: gettext_lazy(
            "Others could not read the MTA-STS policy of %(domain)s: see that https://mta-sts.%(domain)s/.well-known/mta-sts.txt has what the page Sending shows."
        ),
        _DNSSEC: gettext_lazy(
            "Others found TLSA records or DNSSEC of %(domain)s wrong: ask who looks after its zone, and tell us where the records are those of our servers."
        ),
        _CERTIFICATE: gettext_lazy(
            "Others could not encrypt mail to %(domain)s: the servers in its MX records should be ours alone. Tell us if they are."
        ),
    }
)


def whose(source: Source) -> str:
    """Whose server it is, as far as anybody can know."""
    if source.is_ours:
        return _("ours")
    if source.passed:
        return _("another one that proves your domain")
    return _("another one that proves nothing")


def reason_of(trouble: TlsTrouble) -> str:
    """In words; what is no word of the standard is its reporter's own."""
    known = _FAILURES.get(trouble.reason)
    return str(known[0]) if known else _("something else")


def advice_of(found: Reported) -> Iterator[str]:
    """What to change. Who reports may lie: nothing here says that a server is to be let in."""
    yield from _of_ours(found)
    yield from _of_others(found)
    kinds = {(each.domain, _FAILURES[each.reason][1]) for each in found.troubles if each.reason in _FAILURES}
    yield from (str(_TO_CHANGE[kind]) % {"domain": domain} for domain, kind in sorted(kinds))


def kind_words(kind: ReportKind) -> str:
    """What a reporter tells of."""
    return _("Who sends (DMARC)") if kind is ReportKind.DMARC else _("Encryption (TLS)")


def _of_ours(found: Reported) -> Iterator[str]:
    for domain, sources in _by_domain(each for each in found.sources if each.is_ours):
        failed, total = sum(each.failed for each in sources), sum(each.total for each in sources)
        if total >= _ENOUGH and 100.0 * failed / total >= _OURS_FAILS:
            yield (
                _(
                    "Others could not prove %(failed)d of %(total)d messages that we sent for %(domain)s: look at its keys and records on its page Sending."
                )
                % {"failed": failed, "total": total, "domain": domain}
            )


def _of_others(found: Reported) -> Iterator[str]:
    for domain, sources in _by_domain(each for each in found.sources if not each.is_ours):
        failed = sum(each.failed for each in sources)
        if failed >= _ENOUGH:
            yield (
                _(
                    "%(failed)d messages came in the name of %(domain)s from servers that prove nothing: forgeries, or a service of yours that lacks its SPF or DKIM records. Only you know which servers are yours; let in none for its place in a report."
                )
                % {"failed": failed, "domain": domain}
            )


def _by_domain(sources: Iterator[Source]) -> list[tuple[str, list[Source]]]:
    found: dict[str, list[Source]] = {}
    for each in sources:
        found.setdefault(each.domain, []).append(each)
    return sorted(found.items())
