"""Breach, choice, credited invoice: in a real browser, with the real worker between (10-4, 10-6)."""

from __future__ import annotations

import shutil
import socket
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from tests.browser.breach import SERVED_FOR
from tests.browser.house import open_house, work_once
from tests.browser.test_console import FLAGS, GRAVE, IS_WHOLE, PICTURES

CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.peers,
    pytest.mark.timeout(600),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: scripts/install-test-servers"),
]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("breach")
    with open_house(folder, port, contract="breach") as links:
        yield f"http://127.0.0.1:{port}", links, folder


@pytest.fixture
def page(house):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(base_url=house[0], locale="en-GB")
        context.add_cookies([{"name": "language", "value": "en", "url": house[0]}])
        context.set_default_timeout(60_000)
        yield context.new_page()
        browser.close()


def looked_at(page, name):
    """Without a grave fault for whoever cannot see or use a mouse."""
    page.wait_for_load_state()  # A click ends once the next page has begun, which may have no element yet.
    if IS_WHOLE:
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
    found = [each for each in Axe().run(page).response["violations"] if each["impact"] in GRAVE]
    assert not found, name


def test_an_owner_chooses_the_credit_and_it_stands_on_the_invoice(page, house):
    _, links, folder = house
    sla = f"/clients/{links['client']}/sla/"
    page.goto(links["owner"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/clients/*/")
    page.goto(sla)
    looked_at(page, "sla")
    page.get_by_role("link", name="Look at the choice").click()
    looked_at(page, "sla-breach")
    page.get_by_role("link", name="How that was computed").click()
    page.get_by_text("nothing differs").wait_for()
    looked_at(page, "sla-month")
    page.go_back()
    page.get_by_label("A credit of 5.00 EUR net of tax").check()
    page.get_by_role("button", name="Choose").click()
    page.get_by_text("Your choice is recorded").wait_for()
    work_once(folder)
    page.goto(f"/clients/{links['client']}/invoices/")
    page.get_by_text("401.52").first.wait_for()  # 300.00 and 39.60, less 20 % of 25.00, and a fifth of that as tax.
    page.goto(sla)
    assert page.get_by_role("link", name="Look at the choice").count() == 0
    page.get_by_role("button", name="Open a status page").click()
    page.goto(page.locator("#status-url").inner_text())
    page.get_by_role("heading", name="One").wait_for()
    looked_at(page, "status-page")


def test_the_provider_looks_at_availability_and_at_a_month_beside_its_sources(page, house):
    _, links, _ = house
    page.goto(links["boss"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("code").first.fill(links["boss-recovery"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    page.goto("/provider/availability/")
    page.get_by_role("heading", name="Vantage points").wait_for()
    looked_at(page, "availability")
    page.goto("/provider/availability/force-majeure/add")
    looked_at(page, "force-majeure")
    month = f"/clients/{links['client']}/service/months/1/"
    page.goto(month)
    page.get_by_text("Nothing differs").wait_for()
    began = datetime.now(UTC) - SERVED_FOR + timedelta(minutes=1)  # In the first month of the contract.
    page.goto("/provider/availability/outages/add")
    page.get_by_label("From (UTC)").fill(began.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Until (UTC)").fill((began + timedelta(minutes=7)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Reason").fill("seen in a log")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/provider/availability/")
    page.emulate_media(color_scheme="dark")
    page.goto(month)
    page.get_by_text("give something else today").wait_for()
    looked_at(page, "month-sources")
