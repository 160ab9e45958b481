"""`ecluse client`: a client as a whole, from the command line."""

from __future__ import annotations

import io
import json

import pytest
from django_scopes import scope

from ecluse.control.audit.models import Entry
from ecluse.control.keystore.models import SealingKey
from ecluse.domain.policy import ServiceState
from ecluse.entrypoints.cli import main
from tests.control import test_quarantine

pytestmark = pytest.mark.django_db(transaction=True)
one = test_quarantine.one


@pytest.fixture
def run(tmp_path, capsys):
    config = tmp_path / "ecluse.toml"
    config.write_text(f'hostname = "gateway.test"\ndata_dir = "{tmp_path}"\n', "utf-8")

    def _run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["client", *arguments, "--config", str(config)])
        return ended.value.code, capsys.readouterr()

    return _run


@pytest.mark.parametrize("state", list(ServiceState))
def test_a_client_is_served_suspended_or_ended(run, one, state):
    code, printed = run("set-state", "One", state, "--json")
    assert (code, json.loads(printed.out)) == (0, {"client": "One", "state": state.value})
    one.refresh_from_db()
    assert one.state == state
    assert Entry.objects.get(action="client.state-set").actor_kind == "command"


def test_its_keys_are_destroyed_when_somebody_says_yes(run, one, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert run("destroy-keys", "One")[0] == 1
    assert SealingKey.objects.get().private_key is not None
    code, printed = run("destroy-keys", "One", "--yes", "--json")
    assert (code, json.loads(printed.out)) == (0, {"client": "One", "keys": 1})
    with scope(client=one):
        assert [each.private_key is None for each in SealingKey.objects.all()] == [True, False]


@pytest.mark.parametrize("command", [("set-state", "Two", "ended"), ("destroy-keys", "Two", "--yes")])
def test_a_client_that_is_not_there_is_said(run, one, command):
    code, printed = run(*command)
    assert code == 1
    assert "Two: there is no such client" in printed.err
