"""Erase a person, in a real browser: his client asks, the provider checks, searches, hands out, erases; the client reads why what stayed."""

from __future__ import annotations

import json
import zipfile

import pytest

from tests.browser import test_console
from tests.browser.test_console import looks

pytestmark = test_console.pytestmark
chromium, house, visitor = test_console.chromium, test_console.house, test_console.visitor
owner, boss = test_console.owner, test_console.boss
PAUL = "paul@one.example"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def test_a_client_has_somebody_erased(visitor, house, owner, boss):
    base = f"/clients/{house[1]['client']}"
    olive, pia = visitor(storage_state=owner), visitor(storage_state=boss)

    olive.goto(f"{base}/")
    olive.get_by_role("link", name="Personal data").click()
    olive.get_by_role("link", name="Ask for somebody").click()
    assert looks(olive, "ask-for-somebody", olive.url) == []
    olive.get_by_label("What is asked").select_option("erasure")
    olive.get_by_label("Addresses of the person").fill(PAUL)
    olive.get_by_role("button", name="Ask", exact=True).click()
    olive.get_by_text("identity to be checked").wait_for()

    pia.goto("/provider/rights/")
    assert looks(pia, "person-requests", pia.url) == []
    pia.get_by_role("row").nth(1).get_by_role("link").click()
    pia.get_by_label("By what he has proven who he is").fill("Olive asked from her own account")
    pia.get_by_role("button", name="Identity checked").click()
    pia.get_by_role("link", name="Search what is held").click()
    pia.get_by_role("heading", name="Mailboxes").wait_for()
    assert looks(pia, "person-found", pia.url) == []
    with pia.expect_download() as taking:
        pia.get_by_role("button", name="Take it out for him").click()
    with zipfile.ZipFile(taking.value.path()) as archive:
        assert json.loads(archive.read("data.json"))["addresses"] == [PAUL]

    pia.get_by_role("link", name="Erase him").click()
    assert looks(pia, "erase", pia.url) == []
    pia.get_by_role("button", name="Erase for good").click()
    pia.get_by_text("Erased. What was kept").wait_for()
    assert looks(pia, "erased", pia.url) == []
    pia.get_by_label("A note, or what he was answered").fill("Erased, but for the log of a year.")
    pia.get_by_role("button", name="Answered: close it").click()
    pia.get_by_text("Saved.").wait_for()

    olive.reload()
    olive.get_by_role("heading", name="What was erased, and what was kept").wait_for()
    olive.get_by_text("CPCE art. R10-13").wait_for()
    assert looks(olive, "erased-for-the-client", olive.url) == []
    olive.goto(f"{base}/addresses/?q=paul")
    assert PAUL not in olive.locator("main").inner_text()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_page_of_the_registers_is_wider_than_a_phone_or_has_a_grave_fault(visitor, house, owner, boss, language):
    base = f"/clients/{house[1]['client']}"
    faults = []
    for state, paths in (
        (owner, [f"{base}/rights/", f"{base}/incidents/", f"{base}/protection/", f"{base}/protection/processing/"]),
        (
            boss,
            [
                f"/provider/{each}"
                for each in ("clocks/", "incidents/", "incidents/add", "protection/", "requisitions/")
            ],
        ),
        (boss, ["/provider/rights/add", "/provider/requisitions/add"]),
    ):
        page = visitor(language, storage_state=state, **PHONE)
        for path in paths:
            faults += looks(page, f"registers-{path.strip('/').replace('/', '-')}-{language}", path)
            if "processing" not in path:  # A sheet to be printed.
                assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    assert not faults, "\n".join(faults)
