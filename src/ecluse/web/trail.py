"""The trail of a client, as each of those who read it may see it: what is about contracts and money is not for everybody."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from ecluse.control.accounts.queries import Grant
from ecluse.control.accounts.roles import PROVIDER_ROLES, Permission
from ecluse.control.audit.queries import Entry, entries
from ecluse.control.programs.queries import KeyGrant
from ecluse.web.act_words import acts_called

__all__ = ["Entry"]

_OF_BILLING = ("advance.", "bank-line.", "buyer.", "coming-line.", "contract.", "invoice.", "notice.")
# What the client does not see on its pages: drafts, and what the provider has not decided to do, or will not.
_OF_PROVIDER = (
    "contract.amendment-drafted",
    "contract.amendment-withdraw",
    "contract.drafted",
    "notice.declined",
    "notice.proposed",
)


# Of the provider's own trail: with what acts begin, and who sees them.
_OF_SOME = (
    (
        (
            *_OF_BILLING,
            "accounts.",
            "bank-lines.",
            "books.",
            "change-notice.",
            "financial-year.",
            "key-rate.",
            "price-list.",
            "seller.",
            "terms.",
        ),
        Permission.SEE_BILLING,
    ),
    (("requisition.",), Permission.SEE_REQUISITIONS),
    (("incident.",), Permission.SEE_INCIDENTS),
    (("person.", "request."), Permission.HANDLE_RIGHTS),
    (("campaign.", "case."), Permission.HANDLE_ABUSE),
)


def trail_of_provider(
    grant: Grant | KeyGrant, *, search: str = "", since: datetime | None = None, until: datetime | None = None
) -> QuerySet[Entry]:
    """What is of no client, newest first, as far as one of the provider's people may see it."""
    hidden = [each for begins, permission in _OF_SOME if not grant.allows(permission) for each in begins]
    return entries(None, search=search, since=since, until=until, acts=acts_called(search), without=hidden)


def trail_of(
    client_id: int,
    grant: Grant | KeyGrant,
    *,
    search: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[Entry]:
    """Newest first, see `entries`."""
    money = () if grant.allows(Permission.SEE_BILLING) else _OF_BILLING
    drafts = () if grant.role in PROVIDER_ROLES else _OF_PROVIDER
    return entries(
        client_id, search=search, since=since, until=until, acts=acts_called(search), without=(*money, *drafts)
    )
