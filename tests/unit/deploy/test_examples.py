"""What an administrator copies to /etc/ecluse must be valid as it stands."""

import shutil
from pathlib import Path

import pytest

from ecluse.domain.address import Address
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.policy_file import load_policy
from ecluse.entrypoints.settings import load_settings
from tests.unit.entrypoints.conftest import folder as folder  # noqa: PLC0414 - a fixture, used by its name.

EXAMPLES = Path(__file__).parents[3] / "deploy/examples"


@pytest.fixture
def settings(folder):
    for name in ("ecluse.toml", "policy.toml"):
        shutil.copy(EXAMPLES / name, folder)
    (folder / "gateway.pem").rename(folder / "certificate.pem")
    shutil.copy(folder / "certificate.pem", folder / "key.pem")
    text = (folder / "ecluse.toml").read_text("utf-8")
    assert 'data_dir = "/var/lib/ecluse"' in text
    (folder / "ecluse.toml").write_text(text.replace("/var/lib/ecluse", str(folder / "data")), "utf-8")
    return load_settings(folder / "ecluse.toml")


def test_the_settings_of_the_example_are_accepted(settings):
    assert settings.inbound.listen == ("0.0.0.0:25",)
    assert settings.scanners.clamd == "unix:/run/clamav/clamd.ctl"
    assert settings.user is None  # The unit starts us as ecluse, and only root may change the user.


def test_the_settings_name_the_example_policy(settings):
    assert load_policy(settings.policy.file) == load_policy(EXAMPLES / "policy.toml")


def test_the_policy_of_the_example_is_accepted():
    published = load_policy(EXAMPLES / "policy.toml")
    assert [policy.domain for policy in published.policies] == ["client.example", "client.test"]
    assert Address("ann", "client.example") in published.addresses


def test_what_the_examples_only_mention_is_valid_too(folder, settings):
    """Every line that is commented out can be used: without its # the files are still accepted."""
    for name in ("ecluse.toml", "policy.toml"):
        (folder / name).write_text(uncommented((folder / name).read_text("utf-8")), "utf-8")
    text = (folder / "ecluse.toml").read_text("utf-8")
    # Policy has one source: who takes [control] takes this line out, as the comment there says.
    assert text.count('file = "policy.toml"\n') == 1
    (folder / "ecluse.toml").write_text(text.replace('file = "policy.toml"\n', ""), "utf-8")
    shown = load_settings(folder / "ecluse.toml")
    assert (shown.outbound.listen, shown.outbound.listen_tls) == (("192.0.2.1:587",), ("192.0.2.1:465",))
    # The file that the console has where no database is named.
    assert shown.control.database == f"sqlite://{DataPaths(shown.data_dir).control_database}"
    assert shown.control.release_url.startswith(f"{shown.web.url}/r/")
    assert {policy.client for policy in load_policy(folder / "policy.toml").policies} == {"Example Ltd", "Late Ltd"}


def test_a_line_that_is_commented_out_shows_the_default(folder, settings):
    """But for those of [outbound], [control] and [web], which say so."""
    text = (folder / "ecluse.toml").read_text("utf-8")
    for first, next_table in (("#[outbound]", "[dns]"), ("#[control]", "[scanners]")):
        before, _, rest = text.partition(first)
        text = before + rest[rest.index(next_table) :]
    (folder / "ecluse.toml").write_text(uncommented(text), "utf-8")
    assert load_settings(folder / "ecluse.toml") == settings


def uncommented(text: str) -> str:
    return "\n".join(
        line[1:] if line.startswith("#") and not line.startswith(("# ", "#\n")) else line for line in text.splitlines()
    )
