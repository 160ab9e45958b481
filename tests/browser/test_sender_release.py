"""A blocked sender frees his mail from the address in a real bounce, made by Postfix, in a real browser (1-6)."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from ecluse.entrypoints.paths import DataPaths
from tests.journeys import peers
from tests.journeys.node import NEXT_HOP_PORT, Domain, Node, free_port, fresh_ip, until
from tests.journeys.sender import Sender

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync"]
ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "var/pictures"
WITHIN_S = 60
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
SPAM = b"From: Eve <eve@sender.test>\r\nSubject: An honest offer\r\n\r\n" + GTUBE + b"\r\n"
DIGITS = ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"]

pytestmark = [
    pytest.mark.peers,
    pytest.mark.timeout(600),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: scripts/install-test-servers"),
]


@pytest.fixture
def domain():
    return Domain("blocking.example", [fresh_ip()])


@pytest.fixture
def web_port():
    return free_port()


@pytest.fixture
def node(tmp_path, domain, web_port):
    made = Node(tmp_path, "", {"web": {"listen": f"127.0.0.1:{web_port}", "url": f"http://127.0.0.1:{web_port}"}})
    del made.settings["policy"]["file"]
    database = DataPaths(made.data).control_database
    made.settings["control"] = {
        "database": f"sqlite://{database}",
        "release_url": f"http://127.0.0.1:{web_port}/r/",
    }
    made.settings["web"]["processes"] = 1
    made.write_settings()
    config = str(tmp_path / "ecluse.toml")
    fill = ["-m", "tests.browser.blocked_sender", config, domain.name, domain.hosts[0], str(NEXT_HOP_PORT)]
    subprocess.run([sys.executable, *fill], cwd=ROOT, check=True, timeout=180)
    with (tmp_path / "web.log").open("wb") as log:
        web = subprocess.Popen([sys.executable, "-m", "ecluse", "web", "--config", config], stderr=log)
        try:
            made.start()
            yield made
        finally:
            made.stop()
            web.terminate()
            web.wait(60)


async def _until_served(web_port):
    for _ in range(300):
        if await asyncio.to_thread(_is_served, web_port):
            return
        await asyncio.sleep(0.2)
    raise AssertionError("the console does not answer")


def _is_served(web_port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{web_port}/health", timeout=10):
            return True
    except (urllib.error.URLError, OSError):
        return False


async def _bounced_address(node, domain, web_port):
    """Postfix sends for eve, is refused, and writes to her; her mailbox is away, so its bounce stays to be read."""
    port = free_port()
    more = (
        f"relayhost = [127.0.0.1]:{node.port}\n"
        "transport_maps = inline:{ { sender.test = retry:4.0.0 mailbox away } }\n"
    )
    with peers.postfix("127.0.0.1", port, more) as folder:
        async with Sender("127.0.0.1", port) as sender:
            await sender.greeted()
            replies = await sender.transact([domain.ann], SPAM, mail="MAIL FROM:<eve@sender.test>")
            assert replies[-1].code == 250
        wanted = re.compile(rb"http://127\.0\.0\.1:%d/r/[\w-]{22}" % web_port)
        return (await until(lambda: _in_bounce(folder, wanted), within_s=WITHIN_S, every_s=0.5)).decode()


def _in_bounce(folder, wanted):
    for path in (folder / "queue" / "deferred").rglob("*"):
        if path.is_file():
            octets = path.read_bytes()
            found = wanted.search(octets)
            if found and b"multipart/report" in octets:
                return found[0]
    return None


async def test_from_the_bounce_to_the_mailbox(node, domain, web_port):
    await _until_served(web_port)
    address = await _bounced_address(node, domain, web_port)
    async with domain.next_hop() as hop, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(locale="fr-FR", viewport={"width": 900, "height": 800})
        page.set_default_timeout(WITHIN_S * 1_000)
        problems = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        await _until_told(page, address)
        assert "An honest offer" in await page.inner_text("dl")
        assert domain.name in await page.inner_text("dl")
        label = await page.inner_text("label[for=code]")
        code = "".join(str(DIGITS.index(word)) for word in label.partition(": ")[2].split(", "))
        await page.fill("#code", code)
        await page.wait_for_selector("form[data-challenge] button:enabled")
        await _picture(page, "sender-release-fr")
        assert hop.taken == []
        await page.click("form[data-challenge] button")
        await page.wait_for_selector(".alert-success")
        await _picture(page, "sender-released-fr")
        [taken] = await hop.takes(1, within_s=WITHIN_S)
        await browser.close()
    assert taken.recipients == (domain.ann,)
    assert taken.content.endswith(GTUBE + b"\r\n")
    assert problems == []


async def _until_told(page, address):
    """The node tells what it holds within a second or two."""
    for _ in range(40):
        if (await page.goto(address)).status != 404:
            return
        await asyncio.sleep(1.5)
    raise AssertionError("the message is not known")


async def _picture(page, name):
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}.png")
