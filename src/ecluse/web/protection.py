"""The data-protection policy and the processor contract, made from the installation as it is: as pages and as PDF."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ecluse.control.accounts.queries import Client
from ecluse.control.mail.held import rules_of
from ecluse.control.policies.queries import log_days
from ecluse.control.privacy import protection
from ecluse.control.privacy.protection import MeasureKind
from ecluse.domain.errors import Impossible
from ecluse.domain.purge import MOST_LOG_DAYS
from ecluse.web.backends import backends
from ecluse.web.privacy_words import BASES, PEOPLE, PURPOSES, STORES, TERMS

POLICY, CONTRACT = "papers/policy.html", "papers/processing.html"
_LANGUAGES = ("fr", "en")

MEASURES: Mapping[MeasureKind, str | Promise] = MappingProxyType(
    {
        MeasureKind.AUTHENTICATION: _("Authentication"),
        MeasureKind.ENCRYPTION: _("Encryption of flows"),
        MeasureKind.TRACEABILITY: _("Traceability of acts"),
        MeasureKind.HARDENING: _("Hardening of servers"),
        MeasureKind.FIREWALL: _("Firewall"),
        MeasureKind.UPDATES: _("Updates"),
        MeasureKind.ACCESS_RIGHTS: _("Management of access rights"),
        MeasureKind.TESTS: _("Tests of vulnerabilities"),
    }
)


def language_of(request: HttpRequest) -> str:
    """The one that `?language=` asks for, else the reader's."""
    wanted = request.GET.get("language", "")
    return wanted if wanted in _LANGUAGES else translation.get_language()[:2]


def paper(template: str, language: str, client: Client | None, *, style: str = "") -> str:
    """One of the papers as HTML, with its own style or a link to it; of a client its own terms stand in it."""
    now = timezone.now()
    version = protection.newest_version()
    days = log_days(client.name) if client else MOST_LOG_DAYS
    with translation.override(language):
        values: dict[str, Any] = {
            "statement": protection.newest_statement(),
            "stated_at": version.made_at if version else None,
            "made_at": now,
            "language": language,
            "style": style,
            "client": client,
            "body_days": rules_of(client).keep_days if client else 30,
            "log_days": days,
            "is_shortened": not client or days < MOST_LOG_DAYS,
            "processings": [_shown(each) for each in protection.processings()],
            "measures": [(each, MEASURES[each.kind]) for each in protection.measures(now)],
            "wrong_clocks": protection.wrong_clocks(now),
        }
        return render_to_string(template, values)


def styled(template: str, language: str, client: Client | None) -> str:
    """The same, which needs nothing beside it."""
    style = (resources.files(__package__) / "static/web/paper.css").read_text("utf-8")
    return paper(template, language, client, style=style)


def pdf_of(template: str, language: str, client: Client | None) -> bytes:
    """The same as PDF/A. Raises `Impossible` where nothing is installed that draws."""
    draw = backends().draw_pdf
    if draw is None:
        raise Impossible("nothing draws PDF here")
    return draw(styled(template, language, client))


def pdf_response(template: str, language: str, client: Client | None, name: str) -> HttpResponse:
    """The same as a file. Raises `Impossible` where nothing is installed that draws."""
    response = HttpResponse(pdf_of(template, language, client), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}-{language}.pdf"'
    return response


def _shown(each: protection.Processing) -> dict[str, Any]:
    return {
        "purpose": PURPOSES[each.purpose],
        "stores": [STORES[name] for name in each.stores],
        "people": [PEOPLE[whose] for whose in each.people],
        "bases": [BASES[basis] for basis in each.bases],
        "terms": [TERMS[kept] for kept in each.terms],
    }
