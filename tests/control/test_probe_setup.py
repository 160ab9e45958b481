"""`ecluse probe setup`: the client whose mail probes send, and the settings of a vantage point (9-7)."""

from __future__ import annotations

import json

import pytest
from django_scopes import scope, scopes_disabled

from ecluse.control.audit.models import Entry
from ecluse.control.policies.queries import wishes
from ecluse.control.sending.queries import connector_named, terms_of
from ecluse.control.tenants.models import Client, Domain
from ecluse.control.tenants.services import add_domain
from ecluse.entrypoints.cli import main
from ecluse.entrypoints.probing.settings import load_probe_settings
from ecluse.wire.sasl.scram import fits, read_key
from tests.control.cast import OPERATOR, ROUTE
from tests.control.cast import client as make_client

pytestmark = pytest.mark.django_db(transaction=True)
DOMAIN = "probe.provider.example"


@pytest.fixture
def run(tmp_path, capsys):
    config = tmp_path / "ecluse.toml"
    config.write_text(
        f'hostname = "gateway.test"\ndata_dir = "{tmp_path}"\n[web]\nurl = "https://console.provider.example"\n'
        'exchanges = ["mx1.provider.example", "mx2.provider.example"]\n',
        "utf-8",
    )

    def _run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["probe", "setup", DOMAIN, *arguments, "--config", str(config)])
        return ended.value.code, capsys.readouterr()

    return _run


def test_all_that_a_probe_needs_is_made_once(run, tmp_path):
    code, printed = run("--json", "--point", "paris")
    assert code == 0
    told = json.loads(printed.out)
    client = Client.objects.get(name="probe")
    with scope(client=client):
        domain = Domain.objects.get()
        assert (domain.name, domain.recipients, domain.proven_at is not None) == (DOMAIN, "any", True)
        assert [(each.host, each.port) for each in domain.routes.all()] == [("127.0.0.1", 2526)]
        assert not wishes().filtered
        terms = terms_of(connector_named("probe"))
        assert (terms.login, terms.account) == (f"probe@{DOMAIN}", "envelope")
        assert fits(read_key(terms.key), told["password"])
    (tmp_path / "probe.toml").write_text(told["settings"])
    settings = load_probe_settings(tmp_path / "probe.toml")
    assert (settings.sender, settings.hostname) == (f"paris@{DOMAIN}", f"paris.{DOMAIN}")
    assert [(each.name, each.sink, each.sink.port) for each in settings.servers] == [
        ("mx1.provider.example", "mx1.provider.example:2527", 2527),
        ("mx2.provider.example", "mx2.provider.example:2527", 2527),
    ]
    with scopes_disabled():
        before = Entry.objects.count()
        assert json.loads(run("--json", "--point", "paris")[1].out) == {**told, "password": ""}
        assert Entry.objects.count() == before
    assert json.loads(run("--json", "--renew")[1].out)["password"] not in {"", told["password"]}
    assert run("--point", "a b")[0] == 2
    assert 'password_file = "/etc/ecluse/probe.password"' in run()[1].out


def test_no_clients_filter_is_switched_off_by_its_name(run):
    one = make_client("One")
    with scope(client=one):
        add_domain(one, "one.example", [ROUTE], by=OPERATOR)
    code, printed = run("--client", "One")
    assert (code, "it has other domains" in printed.err) == (1, True)
    with scope(client=one):
        assert wishes().filtered
        assert Domain.objects.get().name == "one.example"
