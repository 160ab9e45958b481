"""A rung of the ladder as a letter on paper, in the client's language, its address where a window envelope shows it (NF Z 11-001)."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils import timezone, translation

from ecluse.control.billing.dunning import GRACE_DAYS
from ecluse.control.billing.late_payment import RECOVERY
from ecluse.control.billing.notice_papers import PaperNotice
from ecluse.control.billing.parties import FRANCE
from ecluse.control.contracts.terms import PARIS
from ecluse.web.countries import countries
from ecluse.web.notice_mail import notice_subject


def notice_sheet(sheet: PaperNotice) -> str:
    """The page as HTML, which needs nothing from elsewhere."""
    told = sheet.told
    values = {
        "told": told,
        "kind": told.kind.value,
        "seller": sheet.seller,
        "buyer": sheet.buyer,
        "recovery": RECOVERY,
        "grace": GRACE_DAYS,
        "today": timezone.now().astimezone(PARIS).date(),
        "language": told.language,
    }
    with translation.override(told.language):
        code = sheet.buyer.address.country
        country = "" if code == FRANCE else dict(countries()).get(code, code)
        values |= {"title": notice_subject(told), "country": country}
        return render_to_string("invoices/notice_sheet.html", values)
