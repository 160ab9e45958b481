"""What the provider states of its data protection, and both papers, as programs have them (15-11, 15-13)."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace

from django_scopes import scope

from ecluse.adapters.invoices.pdf_a import pdf_a
from ecluse.control.accounts.roles import Permission, Role
from ecluse.control.mail.quarantine import set_rules
from ecluse.web.backends import backends, hand_over
from tests.control.cast import OPERATOR
from tests.web.programs import program_in_role, program_of

STATED = {
    "name": "Nuages SAS",
    "officer": "dpo@provider.example",
    "firewall": "nftables",
    "sub_processors": [{"name": "Salle Blanche", "country": "France", "task": "hosting"}],
}


def test_what_a_program_states_stands_in_each_clients_papers(cast):
    boss, owner = program_in_role(cast, Role.PROVIDER_OWNER), program_in_role(cast, Role.OWNER)
    before = boss.get("protection/statement").json()
    assert (before["name"], before["stated_at"]) == ("", None)
    stated = boss.call("PUT", "protection/statement", STATED)
    assert (stated.status_code, stated.json()["sub_processors"]) == (200, STATED["sub_processors"])
    assert boss.get("protection/statement").json() == stated.json()
    # The page reads what the API wrote, and writes the same.
    assert "Salle Blanche; France; hosting" in cast.browser(Role.PROVIDER_OWNER).get("/provider/protection/").text
    with scope(client=cast.one):
        set_rules(cast.one, keep_days=9, by=OPERATOR)
    of_one = f"clients/{cast.one.pk}/protection"
    for program, path, words in (
        (boss, "protection/policy?language=en", "Nuages SAS runs the service"),
        (owner, f"{of_one}/policy?language=en", "nftables"),
        (owner, f"{of_one}/processing?language=en", "kept for 9 days"),
        (owner, f"{of_one}/processing", "9 jours"),
    ):
        told = program.get(path).json()
        assert words in told["html"], path
        assert ("<style" in told["html"], told["pdf"]) == (True, None), path
    wrong = (
        {"name": " "},
        {"officer": "nobody"},
        {"firewall": "x" * 1_001},
        {"sub_processors": [{"name": "A; B", "country": "France", "task": "hosting"}]},
        {"sub_processors": STATED["sub_processors"] * 31},
        {"other": ""},
    )
    for each in wrong:
        assert boss.call("PUT", "protection/statement", STATED | each).status_code == 422, each


def test_who_may_state_and_read(cast):
    of_one = f"clients/{cast.one.pk}/protection"
    support = program_in_role(cast, Role.SUPPORT)
    assert [support.get(path).status_code for path in ("protection/statement", f"{of_one}/policy")] == [403, 200]
    assert support.call("PUT", "protection/statement", STATED).status_code == 403
    assert program_in_role(cast, Role.OWNER).call("PUT", "protection/statement", STATED).status_code == 404
    blind = program_of(cast.people[Role.OWNER], cast.one, Permission.SEE_LOG)
    assert blind.get(f"{of_one}/processing").status_code == 403
    assert program_of(cast.people["stranger"], cast.two).get(f"{of_one}/processing").status_code == 404


def test_a_paper_is_a_file_where_something_draws(cast):
    owner, path = program_in_role(cast, Role.OWNER), f"clients/{cast.one.pk}/protection/processing?with_pdf=true"
    assert owner.get(path).status_code == 409
    hand_over(replace(backends(), draw_pdf=pdf_a))
    assert b64decode(owner.get(path).json()["pdf"]).startswith(b"%PDF-")
