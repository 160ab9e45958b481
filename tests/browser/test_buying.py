"""From the price list to green MX records, in a real browser: what the provider does, what the client does, and its DNS.

Quote > order form > the client's yes > the provider's yes > a domain proven > its MX records right (3-1, 3-3, 3-7, 3-14); then
more addresses by an amendment (17-1), and a change of prices for which the client leaves (3-8, 16-3).
"""

from __future__ import annotations

import re
import shutil
import socket

import pytest
from axe_playwright_python.sync_playwright import Axe
from dnslib import RR
from playwright.sync_api import sync_playwright

from tests.browser.house import open_house, work_once
from tests.contract.authoritative import NameServer, Zone

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-quic"]
GRAVE = {"serious", "critical"}
BOUGHT = "bought.example"

pytestmark = [
    pytest.mark.peers,
    pytest.mark.timeout(600),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: scripts/install-test-servers"),
]


@pytest.fixture
def name_server():
    """Whose zone is the client's."""
    server = NameServer(Zone(f"{BOUGHT}. 60 IN NS ns.{BOUGHT}.", BOUGHT))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def house(tmp_path, name_server):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with open_house(tmp_path, port, dns_port=name_server.port, contract="none") as links:
        yield f"http://127.0.0.1:{port}", links, tmp_path


@pytest.fixture
def windows(house):
    """Of the provider's owner and of the client's, each signed in; whatever a page writes to its console is a fault."""
    base, links, _ = house
    faults = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        pages = []
        for who in ("boss", "owner"):
            context = browser.new_context(base_url=base, locale="en-GB")
            context.add_cookies([{"name": "language", "value": "en", "url": base}])
            page = context.new_page()
            page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
            page.goto(links[who])
            page.get_by_role("button", name="Sign in").click()
            if who == "boss":
                page.get_by_label("Code").fill(links["boss-recovery"])
                page.get_by_role("button", name="Sign In").click()
                page.wait_for_url(base + "/")
            else:
                page.wait_for_url("**/clients/*/")
            pages.append(page)
        yield pages
        browser.close()
    assert faults == []


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def grave(page):
    return [each["id"] for each in Axe().run(page).response["violations"] if each["impact"] in GRAVE]


def publish(boss):
    """Prices and terms, once for all clients."""
    boss.goto("/provider/contracts/prices")
    boss.get_by_label("Prices for an address and month, in EUR").fill("0 2.00 1.00 2.50")
    boss.get_by_label("For each domain after the first, a month").fill("3")
    press(boss, "Publish")
    boss.goto("/provider/contracts/terms")
    boss.get_by_label("Name of this version").fill("2026-11")
    boss.get_by_label("Text in French, which holds").fill("Vous payez, nous filtrons.")
    boss.get_by_label("The same in English, shown beside it").fill("You pay, we filter.")
    press(boss, "Publish")


def offer(boss, client):
    """The quote is drafted and sent; the page of the contract, for the client."""
    boss.goto(f"/clients/{client}/service/contracts/draft")
    boss.get_by_label("Addresses").fill("10")
    boss.get_by_label("Domains").fill(BOUGHT)
    press(boss, "Draft it")
    boss.wait_for_url(re.compile(r"/service/contracts/\d+/$"))
    press(boss, "Send to the client")
    boss.get_by_text("Saved.").wait_for()
    return f"/clients/{client}/contract/{boss.url.rstrip('/').rpartition('/')[2]}/"


def accept(owner, page):
    """He reads the order form and the terms, saves the papers, and binds his organisation."""
    owner.goto(page)
    owner.get_by_text("Terms of sale 2026-11").click()
    owner.get_by_text("You pay, we filter.").wait_for()
    with owner.expect_download() as saved:
        owner.get_by_role("link", name="Order form (PDF)").click()
    assert saved.value.path().read_bytes().startswith(b"%PDF-")
    assert grave(owner) == []
    owner.get_by_label("I accept this offer").check()
    owner.get_by_label("has informed its staff").check()
    press(owner, "Accept")
    owner.get_by_text("Accepted. The contract begins when").wait_for()


def begin(boss):
    """The domain is approved, and the provider accepts: the term begins."""
    boss.reload()
    press(boss, "Approve")
    boss.get_by_text("Saved.").wait_for()
    press(boss, "Accept: the term begins")
    boss.get_by_text("in force").first.wait_for()
    assert grave(boss) == []


def prove(owner, client, zone):
    """The domain is claimed, shown to be the client's in the DNS, and its MX records set."""
    owner.goto(f"/clients/{client}/domains/add")
    owner.get_by_label("Domain").fill(BOUGHT)
    owner.get_by_label("Mail server").fill(f"mail.{BOUGHT}")
    press(owner, "Add")
    owner.wait_for_url("**/domains/*/")
    name, value = (owner.locator(f"#record-{each}").inner_text().rstrip(".") for each in ("name", "text"))
    zone.records = RR.fromZone(f'{name}. 60 IN TXT "{value}"\n{BOUGHT}. 60 IN MX 10 elsewhere.example.\n')
    press(owner, "Look for the record now")
    press(owner, "Check the MX records now")
    owner.get_by_text("No mail comes through us yet").wait_for()
    zone.records = RR.fromZone(f"{BOUGHT}. 60 IN MX 10 mx.provider.example.\n")
    press(owner, "Check the MX records now")
    owner.get_by_text("All mail comes through us.").wait_for()


def amend(boss, owner, page):
    """It grows: an amendment, written, accepted and signed."""
    boss.get_by_role("link", name="Write an amendment").click()
    boss.get_by_label("Addresses in all").fill("25")
    assert grave(boss) == []
    press(boss, "Draft it")
    press(boss, "Send to the client")
    boss.get_by_text("Saved.").wait_for()
    owner.goto(page)
    owner.get_by_role("link", name=re.compile(r"^C\d+-A1$")).click()
    assert grave(owner) == []
    owner.get_by_label("I accept this amendment").check()
    press(owner, "Accept")
    owner.get_by_text("It holds when your provider signs it").wait_for()
    boss.reload()
    press(boss, "Sign: it holds from today on")
    boss.get_by_text("12 whole months of the period").wait_for()


def leave(boss, owner, page):
    """Prices rise, and the client leaves for it; from then on nothing can be changed there."""
    boss.goto("/provider/contracts/changes")
    boss.get_by_label("What changes, in a few words").fill("Dearer")
    boss.get_by_label("The change, in French").fill("Plus cher.")
    boss.get_by_label("The change, in English").fill("It costs more.")
    boss.get_by_label("Takes effect on").fill("2030-01-01")
    boss.get_by_label("It is to the disadvantage of clients").check()
    boss.get_by_label("I have read it").check()
    assert grave(boss) == []
    press(boss, "Publish")
    boss.get_by_text("to the clients' disadvantage").wait_for()
    assert grave(boss) == []
    owner.goto(page)
    owner.get_by_text("It costs more.").wait_for()
    assert grave(owner) == []
    owner.get_by_label("My organisation leaves the contract").check()
    press(owner, "Leave the contract")
    owner.get_by_text("a credit note follows").first.wait_for()
    owner.get_by_text("nothing can be changed here").wait_for()
    assert grave(owner) == []


def test_a_client_buys_from_the_quote_to_green_mx_records_grows_and_leaves(house, windows, name_server):
    _, links, folder = house
    boss, owner = windows
    publish(boss)
    page = offer(boss, links["client"])
    work_once(folder)
    accept(owner, page)
    begin(boss)
    owner.goto(page)
    owner.get_by_text("in force").first.wait_for()
    owner.get_by_text("Accepted by the provider: the term begins").wait_for()
    prove(owner, links["client"], name_server.zone)
    amend(boss, owner, page)
    leave(boss, owner, page)
