"""A whole console for the browser: a data folder of its own, a furnished client, `ecluse web`, and links to sign in.

    python -m tests.browser.house FOLDER CONTRACT

fills the database and prints the links as JSON; it is a process of its own since Django can be set up once in each.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django_scopes import scope

ROOT = Path(__file__).resolve().parents[2]
START_WITHIN_S = 300
SETTINGS = """\
hostname = "mx.provider.example"
data_dir = "{folder}/data"
log_level = "warning"

[dns]
nameservers = ["127.0.0.1:{nobody}"]

[web]
listen = "127.0.0.1:{port}"
url = "http://127.0.0.1:{port}"
processes = 1
{mail}
"""


@contextmanager
def open_house(
    folder: Path, port: int, mail_port: int = 0, dns_port: int = 0, *, contract: str = "money"
) -> Iterator[dict[str, str]]:
    """Give the links: who -> where he signs in. Mail of the house goes to `mail_port`, or nowhere; so do its DNS questions.

    `contract` says what its first client has of one: "money" that is late, a "breach" of service, or "none" yet.
    """
    config = folder / "ecluse.toml"
    mail = f'mail_through = "127.0.0.1:{mail_port}"' if mail_port else ""
    config.write_text(SETTINGS.format(folder=folder, port=port, nobody=dns_port or port, mail=mail), "utf-8")
    made = _run("-m", "tests.browser.house", str(folder), contract)
    with (folder / "web.log").open("wb") as log:
        server = subprocess.Popen([sys.executable, "-m", "ecluse", "web", "--config", config], stderr=log, cwd=ROOT)
        try:
            wait_for_console(port, server, folder / "web.log")
            yield json.loads(made)
        finally:
            server.terminate()
            server.wait(60)


def work_once(folder: Path) -> None:
    """What `ecluse worker` does in one round: mail what is due."""
    _run("-m", "ecluse", "worker", "--once", "--config", str(folder / "ecluse.toml"))


def _run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=400
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def wait_for_console(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text("utf-8", "replace")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(log.read_text("utf-8", "replace"))


def _furnish(folder: Path, contract: str) -> None:
    from ecluse.entrypoints.django_start import migrate, start_django  # noqa: PLC0415 - settings come first
    from ecluse.entrypoints.settings import load_settings  # noqa: PLC0415 - see above

    settings = load_settings(folder / "ecluse.toml")
    start_django(settings)
    migrate(settings)

    from allauth.mfa.models import Authenticator  # noqa: PLC0415 - needs Django
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes  # noqa: PLC0415 - needs Django

    from ecluse.control.accounts import services  # noqa: PLC0415 - needs Django
    from ecluse.control.accounts.identity import set_provider  # noqa: PLC0415 - needs Django
    from ecluse.control.accounts.roles import Role  # noqa: PLC0415 - needs Django
    from ecluse.entrypoints.demo.history import past_month  # noqa: PLC0415 - see above
    from ecluse.entrypoints.log_store import open_log  # noqa: PLC0415 - see above
    from tests.control.cast import OPERATOR  # noqa: PLC0415 - needs Django
    from tests.web.house import furnished, person  # noqa: PLC0415 - needs Django

    one = furnished("One", "one.example")
    two = furnished("<b>Two</b> & \"Sons\" 'Ltd'", "two.example")
    message_log = open_log(f"sqlite://{settings.data_dir}/control/control.sqlite", settings.data_dir)
    message_log.append(list(past_month("One", ("paul@one.example",), time.time())))
    services.invite("new@one.example", Role.USER, one, by=OPERATOR, grants=frozenset(Role))
    from tests.browser.held import hold_mail  # noqa: PLC0415 - needs Django

    hold_mail(one, OPERATOR)
    if contract == "money":
        from tests.browser.hostile import furnish_hostile  # noqa: PLC0415 - needs Django

        furnish_hostile(two, message_log, OPERATOR)
    with scope(client=one):
        set_provider(one, name="Keys", issuer="https://id.one.example", application="one", secret="x", by=OPERATOR)
    people = {
        "user": person("ursula@one.example", one, Role.USER),
        "owner": person("olive@one.example", one, Role.OWNER),
        "other-owner": person("otto@two.example", two, Role.OWNER),
        "help-desk": person("hal@one.example", one, Role.HELP_DESK),
        "boss": person("pia@provider.example", None, Role.PROVIDER_OWNER, second_factor=True),
        "support": person("sue@provider.example", None, Role.SUPPORT, second_factor=True),
    }
    _give_programs(one, people["owner"])
    from tests.browser import breach, provider  # noqa: PLC0415 - needs Django
    from tests.browser.money import furnish_money  # noqa: PLC0415 - needs Django
    from tests.browser.sending import furnish_sending  # noqa: PLC0415 - needs Django
    from tests.browser.teaching import furnish_lessons  # noqa: PLC0415 - needs Django

    provider.furnish(one, OPERATOR, people["boss"])
    furnish_sending(one, OPERATOR)
    provider.tell_nodes()
    furnish_lessons(one)
    if contract == "money":
        furnish_money(one, OPERATOR)
    elif contract == "breach":
        breach.furnish(one, OPERATOR, message_log)
    links = {who: f"/account/sign-in/{services.make_sign_in_link(user, by=OPERATOR)}" for who, user in people.items()}
    links["invited"] = (
        f"/account/join/{services.invite('x@one.example', Role.USER, one, by=OPERATOR, grants=frozenset(Role))}"
    )
    links["provider"] = (
        f"/account/join/{services.invite('boss@provider.example', Role.OPERATOR, None, by=OPERATOR, grants=frozenset(Role))}"
    )
    for who, name in (("support", "recovery"), ("boss", "boss-recovery")):
        codes = RecoveryCodes(Authenticator.objects.get(user=people[who], type="recovery_codes"))
        links[name] = codes.get_unused_codes()[0]
    sys.stdout.write(json.dumps({**links, "client": str(one.pk), "other-client": str(two.pk)}))


def _give_programs(one: Any, owner: Any) -> None:
    """A key that its maker can see, and a webhook that takes nothing."""
    from django_scopes import scope  # noqa: PLC0415 - needs Django

    from ecluse.control.webhooks.models import Webhook  # noqa: PLC0415 - needs Django
    from ecluse.control.webhooks.services import add_webhook, send_test  # noqa: PLC0415 - needs Django
    from tests.control.cast import OPERATOR  # noqa: PLC0415 - needs Django
    from tests.web.programs import program_of  # noqa: PLC0415 - needs Django

    program_of(owner, one)
    with scope(client=one):
        hook, _ = add_webhook(one, "https://hooks.one.example/ecluse", ["message.held", "message.refused"], by=OPERATOR)
        send_test(hook, by=OPERATOR)
        Webhook.objects.update(failing_since=time.time() - 3_600, last_trouble="no answer in time")


if __name__ == "__main__":
    _furnish(Path(sys.argv[1]), sys.argv[2])
