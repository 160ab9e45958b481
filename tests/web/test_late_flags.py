"""Mail that was recognised late, where the client, its programs and the provider look for it."""

from __future__ import annotations

import pytest
from django_scopes import scope

from ecluse.control.abuse.cases import CaseKind, open_case
from ecluse.control.abuse.models import KnownCampaign
from ecluse.control.accounts.roles import Role
from ecluse.control.mail.models import LateFlag
from ecluse.domain.ids import new_id
from ecluse.domain.log_row import received_at
from tests.control.cast import OPERATOR
from tests.web.programs import program_in_role


@pytest.fixture
def flagged(cast):
    """A copy at each of two clients, of one campaign, whose case it is."""
    case = open_case(None, CaseKind.CAMPAIGN, "f0", by=OPERATOR)
    KnownCampaign.objects.create(
        name="f0", fingerprints=["f0"], cause="scanner", case=case, known_at=1.0, looked_at=1.0
    )
    return case, [_flag(one, f"ann@{one.name.lower()}.example") for one in (cast.one, cast.two)]


def _flag(client, recipient):
    message = new_id()
    with scope(client=client):
        return LateFlag.objects.create(
            client=client,
            campaign="f0",
            cause="scanner",
            message=message,
            recipient=recipient,
            sender="<b>@far.example",
            received_at=received_at(message),
            flagged_at=received_at(message) + 3_600,
        )


def test_the_client_sees_who_has_it_and_nobody_elses(cast, flagged):
    page = cast.browser(Role.HELP_DESK).get(f"/clients/{cast.one.pk}/late-flags/").text
    assert "ann@one.example" in page
    assert f"/clients/{cast.one.pk}/log/{flagged[1][0].message}" in page
    assert "ann@two.example" not in page
    assert "<b>@far" not in page
    found = program_in_role(cast, Role.ADMINISTRATOR).get(f"clients/{cast.one.pk}/late-flags?q=ann").json()["items"]
    assert [(each["recipient"], each["cause"]) for each in found] == [("ann@one.example", "scanner")]
    assert (
        program_in_role(cast, Role.ADMINISTRATOR).get(f"clients/{cast.one.pk}/late-flags?q=bob").json()["items"] == []
    )


def test_the_case_names_who_has_it_at_every_client(cast, flagged):
    page = cast.browser(Role.SUPPORT).get(f"/provider/cases/{flagged[0].pk}/").text
    assert all(f"ann@{name}.example" in page for name in ("one", "two"))
