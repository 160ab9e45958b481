"""A user and his own mail, in a real browser: in by a link from a real mail, seeing only his own, releasing by two clicks."""

from __future__ import annotations

import email
import email.policy
import re
import socket

import pytest

from ecluse.entrypoints.demo.client_server import ClientServer
from tests.browser import test_console
from tests.browser.held import FOR_PAUL, FOR_URSULA
from tests.browser.house import open_house, work_once

pytestmark = test_console.pytestmark
chromium, visitor = test_console.chromium, test_console.visitor
OWN = {"held": "", "log": "log/", "senders": "senders/", "filter": "filter/", "digests": "digests/"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("own-mail")


@pytest.fixture(scope="module")
def house(folder):
    mailbox = folder / "mailbox"
    server = ClientServer(mailbox)
    server.start()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with open_house(folder, port, server.port) as links:
        yield f"http://127.0.0.1:{port}", links, mailbox
    server.stop()


def mail_to(house, folder, address, part="plain"):
    """The newest mail to him, once the worker has done a round."""
    work_once(folder)
    octets = [each.read_bytes() for each in sorted(house[2].iterdir())]
    found = [email.message_from_bytes(each, policy=email.policy.default) for each in octets]
    return [each for each in found if each["To"] == address][-1].get_body((part,)).get_content()


@pytest.fixture(scope="module")
def ursula(house, folder, chromium):
    """Her cookies, after she asked for a link and came by it."""
    context = chromium.new_context(base_url=house[0], locale="en-GB")
    page = context.new_page()
    page.goto("/account/login/")
    page.get_by_role("link", name="Mail me a link").click()
    page.get_by_label("Your e-mail address").fill("ursula@one.example")
    page.get_by_role("button", name="Mail me a link").click()
    page.get_by_text("If ursula@one.example is known here").wait_for()
    page.goto(re.search(r"http://\S+/account/sign-in/\S+", mail_to(house, folder, "ursula@one.example"))[0])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/mine/")
    yield context.storage_state()
    context.close()


def test_a_user_signs_in_with_a_link_and_sees_only_his_own(visitor, ursula):
    page = visitor(storage_state=ursula)
    page.goto("/")
    page.wait_for_url("**/mine/")
    for subject in FOR_URSULA:
        page.get_by_text(subject, exact=True).wait_for()
    assert FOR_PAUL[0] not in page.content()
    assert page.locator("#menu .nav-link").all_inner_texts() == ["Support", "My own mail"]


def test_a_user_releases_from_a_digest_with_two_clicks(visitor, house, folder):
    text = mail_to(house, folder, "paul@one.example", "html")
    [release] = re.findall(r'href="(http://[^"]+)">Libérer</a>', text)
    page = visitor("fr")
    page.set_content(f'<a href="{release}">Libérer</a>')
    page.get_by_role("link", name="Libérer").click()
    page.get_by_text(FOR_PAUL[0]).wait_for()
    page.get_by_role("button", name="Libérer").click()
    page.get_by_text("le message arrive dans votre boîte").wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_of_ones_own_mail_has_a_grave_fault(visitor, house, ursula, theme):
    page = visitor("fr" if theme == "dark" else "en", storage_state=ursula, color_scheme=theme)
    faults = []
    for name, path in OWN.items():
        faults += test_console.looks(page, f"own-{name}-{theme}", f"/clients/{house[1]['client']}/mine/{path}")
    page.goto(f"/clients/{house[1]['client']}/mine/")
    message = page.get_by_role("link", name=FOR_URSULA[1]).get_attribute("href")
    faults += test_console.looks(page, f"own-message-{theme}", message)
    assert not faults, "\n".join(faults)


def test_on_a_phone_no_page_of_ones_own_mail_is_wider_than_the_screen(visitor, house, ursula):
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    page = visitor("fr", storage_state=ursula, **phone)
    for name, path in OWN.items():
        page.goto(f"/clients/{house[1]['client']}/mine/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
