"""What the pages about outbound mail, and about mail recognised late, show in the browser."""

from __future__ import annotations

import time
from typing import Any

from django_scopes import scope


def furnish_sending(one: Any, by: Any) -> None:
    """A locked sender, connectors, rules, a message that waits for approval, a full list, a campaign that passed."""
    from ecluse.control.abuse.cases import CaseKind, open_case  # noqa: PLC0415 - settings come first
    from ecluse.control.abuse.models import KnownCampaign  # noqa: PLC0415 - needs Django
    from ecluse.control.mail.models import HeldCopy, HeldMessage, LateFlag, NodeOrder  # noqa: PLC0415 - needs Django
    from ecluse.control.policies.outbound_rules import put_rule  # noqa: PLC0415 - needs Django
    from ecluse.control.sending.services import add_connector  # noqa: PLC0415 - needs Django
    from ecluse.control.suppression.services import suppress  # noqa: PLC0415 - needs Django
    from ecluse.domain.ids import new_id  # noqa: PLC0415 - see above
    from ecluse.domain.order import OrderKind  # noqa: PLC0415 - see above
    from ecluse.domain.sending_rule import RuleAction  # noqa: PLC0415 - see above
    from ecluse.domain.suppression import SuppressionCause  # noqa: PLC0415 - see above
    from ecluse.wire.connector_terms import ConnectorTerms  # noqa: PLC0415 - see above
    from ecluse.wire.sending_rules import RuleTerms  # noqa: PLC0415 - see above
    from tests.web.things import sending_lock  # noqa: PLC0415 - needs Django

    now, case = time.time(), open_case(None, CaseKind.CAMPAIGN, "f0a94c1e22d07b3c5f", by=by)
    KnownCampaign.objects.create(
        name="f0a94c1e22d07b3c5f", fingerprints=["f0"], cause="scanner", case=case, known_at=now, looked_at=now
    )
    with scope(client=one):
        sending_lock(one)
        add_connector(one, ConnectorTerms(name="server", login="server@one.example"), by=by)
        rule = RuleTerms(name="Contracts go by hand", action=RuleAction.HOLD, larger_than=10_000_000)
        put_rule(one, rule, in_place_of="", by=by)
        _report_of_others(one, now - 86_400)
        suppress(one, "gone@far.example", SuppressionCause.UNKNOWN, "550 5.1.1 no such user here", by=by)
        message = HeldMessage.objects.create(
            id=new_id(), client=one, node="mx1.provider.example", sender="paul@one.example", size=40_000,
            received_at=now, disposition="hold", direction="outbound",
        )  # fmt: skip
        HeldCopy.objects.create(message=message, client=one, recipient="notary@far.example", category="Q")
        NodeOrder.objects.create(
            id=new_id(), client=one, node="mx2.provider.example", kind=OrderKind.RELEASE, target=new_id(),
            actor="olive@one.example", ordered_at=now - 7_200, expires=now + 86_400,
        )  # fmt: skip
        for local in ("paul", "ursula"):
            LateFlag.objects.create(
                client=one, campaign="f0a94c1e22d07b3c5f", cause="scanner", message=new_id(), flagged_at=now,
                recipient=f"{local}@one.example", sender="accounts-payable@supplier-with-a-long-name.example",
                received_at=now - 7_200,
            )  # fmt: skip


def _report_of_others(one: Any, at: float) -> None:
    """A DMARC report and a TLS report of a large provider, and one that nobody stands behind."""
    from ecluse.control.signing.models import DomainReport, ReportedSource  # noqa: PLC0415 - needs Django
    from ecluse.control.tenants.models import Domain  # noqa: PLC0415 - needs Django

    domain = Domain.objects.filter(proven_at__isnull=False)[0]
    sources = {
        "dmarc": (("192.0.2.10", "", 3_412, 2), ("2001:db8:7f3a:1122:3344:5566:7788:99aa", "", 0, 1_290)),
        "tls": (("", "", 940, 0), ("mx1.provider.example", "sts-policy-fetch-error", 0, 31)),
    }
    for number, (kind, proven) in enumerate((("dmarc", "large.example"), ("tls", "large.example"), ("dmarc", ""))):
        report = DomainReport.objects.create(
            id=f"report-{number}", client=one, domain=domain, name=domain.name, kind=kind, proven=proven,
            policy="p=none", begin=int(at), received_at=at, passed=3_412, failed=1_292,
        )  # fmt: skip
        for source, reason, passed, failed in sources[kind]:
            ReportedSource.objects.create(
                client=one, report=report, source=source, reason=reason, passed=passed, failed=failed,
                dkim=passed, spf=passed, turned_away=0,
            )  # fmt: skip
