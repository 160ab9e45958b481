"""Every main page in a real browser: no serious fault for whoever cannot see or use a mouse, in both themes.

`make browser` (ECLUSE_BROWSER=all) takes both languages and a phone, too, and leaves pictures in var/pictures.
"""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.house import open_house

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
IS_WHOLE = os.environ.get("ECLUSE_BROWSER") == "all"
PICTURES = Path(__file__).resolve().parents[2] / "var/pictures"
GRAVE = {"serious", "critical"}
REASON = "Olive asked by phone, ticket 12"
SHORT = ("overview", "claim", "addresses", "people", "audit")  # What `make test` looks at.
OF_A_CLIENT = {
    "overview": "",
    "domains": "domains/",
    "domain": "domains/1/",
    "claim": "domains/2/",
    "old-server": "domains/1/old-server",
    "domain-add": "domains/add",
    "domain-remove": "domains/1/remove",
    "addresses": "addresses/",
    "address-add": "addresses/add",
    "directory": "addresses/directory",
    "found-addresses": "addresses/found",
    "branding": "branding/",
    "filter-settings": "settings/",
    "lessons": "lessons/",
    "lesson-folders": "lessons/folders",
    "lessons-of-one": "lessons/?voter=9f3c5a7e11223344",
    "lists": "lists/",
    "list-add": "lists/add",
    "quarantine-settings": "quarantine/settings",
    "quarantine": "quarantine/",
    "approvals": "quarantine/approvals",
    "held": "quarantine/1/",
    "log": "log/",
    "late-flags": "late-flags/",
    "connectors": "connectors/",
    "connector-change": "connectors/1/change",
    "sending-rules": "sending/rules/",
    "sending-rule": "sending/rules/rule",
    "sending-limits": "sending/limits",
    "sending-locks": "sending/locks",
    "sending": "domains/1/sending",
    "deliverability": "deliverability/",
    "suppressed": "suppressed/",
    "suppress": "suppressed/add",
    "objections": "objections/",
    "rates": "objections/rates",
    "people": "members/",
    "invite": "members/invite",
    "identity-provider": "members/identity-provider",
    "programs": "programs/",
    "key-make": "programs/keys/make",
    "webhook-add": "programs/webhooks/add",
    "webhook-change": "programs/webhooks/1/change",
    "sla": "sla/",
    "person-requests": "rights/",
    "person-request-add": "rights/add",
    "incidents": "incidents/",
    "protection": "protection/",
    "contracts": "contract/",
    "contract-letters": "contract/letters",
    "contract": "contract/1/",
    "invoices": "invoices/",
    "on-invoices": "invoices/buyer",
    "account": "invoices/account",
    "audit": "audit/",
    "support": "support/",
    "support-ask": "support/ask",
    "ticket": "support/1/",
}
OF_A_PERSON = {
    "sessions": "/account/sessions/",
    "password": "/account/password/",
    "second-factor": "/account/second-factor/",
    "authenticator": "/account/second-factor/totp/activate/",
    "passkey": "/account/second-factor/webauthn/add/",
    "needed": "/account/second-factor-needed",
    "missing": "/no-such-page",
}

OF_THE_PROVIDER = {
    "clients": "",
    "nodes": "provider/nodes/",
    "node": "provider/nodes/mx1.provider.example/",
    "node-away": "provider/nodes/mx2.provider.example/",
    "detours": "provider/detours/",
    "detour-add": "provider/detours/add",
    "queues": "provider/queues/",
    "backlog": "provider/queues/1/",
    "give-back": "provider/queues/1/give-back",
    "cases": "provider/cases/",
    "case-add": "provider/cases/add",
    "case": "provider/cases/1/",
    "orders": "provider/orders/",
    "audit": "provider/audit/",
    "case-of-a-campaign": "provider/cases/2/",
    "locks": "provider/locks/",
    "verdicts": "provider/verdicts/",
    "contracts": "provider/contracts/",
    "prices": "provider/contracts/prices",
    "terms": "provider/contracts/terms",
    "changes": "provider/contracts/changes",
    "client-contracts": "clients/1/service/contracts/",
    "client-contract": "clients/1/service/contracts/1/",
    "contract-draft": "clients/1/service/contracts/draft",
    "amendment-draft": "clients/1/service/contracts/1/amend",
    "invoices": "provider/invoices/",
    "who-invoices": "provider/invoices/seller",
    "support": "provider/support/?state=all",
    "support-enter": "provider/support/enter",
    "support-mails": "provider/support/mail/",
    "support-answers": "provider/support/answers/",
    "support-mail": f"provider/support/mail/{'1' * 32}/",
    "provider-ticket": "clients/1/service/support/1/",
    "invoice": "clients/1/service/invoices/1/",
    "money-that-came": "provider/invoices/bank",
    "late-payment": "provider/invoices/late",
    "key-rates": "provider/invoices/key-rates",
    "accounting": "provider/invoices/accounting",
    "availability": "provider/availability/",
    "clocks": "provider/clocks/",
    "incidents": "provider/incidents/",
    "incident-add": "provider/incidents/add",
    "requisitions": "provider/requisitions/",
    "requisition-add": "provider/requisitions/add",
    "protection": "provider/protection/",
    "person-requests": "provider/rights/",
    "person-request-add": "provider/rights/add",
    "jobs": "provider/jobs/",
    "provider-keys": "provider/keys/",
    "provider-key-make": "provider/keys/make",
    "client-service": "clients/1/service/",
    "destroy-keys": "clients/1/service/destroy-keys",
}
SHORT_OF_THE_PROVIDER = ("node-away", "backlog", "case")

pytestmark = [
    pytest.mark.peers,
    pytest.mark.timeout(600),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: scripts/install-test-servers"),
]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with open_house(tmp_path_factory.mktemp("console"), port) as links:
        yield f"http://127.0.0.1:{port}", links


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(house, chromium):
    """Opens windows; whatever a page writes to its console, or a policy forbids it, is a fault."""
    faults, contexts = [], []

    def window(language="en", **options):
        context = chromium.new_context(base_url=house[0], locale="en-GB", **options)
        context.add_cookies([{"name": "language", "value": language, "url": house[0]}])
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield window
    for context in contexts:
        context.close()
    assert [each for each in faults if "404" not in each] == []


@pytest.fixture(scope="module")
def owner(house, chromium):
    """The cookies of the client's owner: a sign-in link works once."""
    context = chromium.new_context(base_url=house[0], locale="en-GB")
    page = context.new_page()
    page.goto(house[1]["owner"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/clients/*/")
    yield context.storage_state()
    context.close()


def looks(page, name, where):
    """Grave faults of this page, and a picture of it."""
    page.goto(where)
    if IS_WHOLE:
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
    found = Axe().run(page).response["violations"]
    return [
        f"{name}: {each['id']}: {node['html'][:200]}"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_of_a_client_has_a_grave_fault(visitor, house, owner, theme):
    page = visitor(storage_state=owner, color_scheme=theme)
    faults = []
    for name, path in OF_A_CLIENT.items():
        if IS_WHOLE or name in SHORT:
            faults += looks(page, f"{name}-{theme}", f"/clients/{house[1]['client']}/{path}")
    for name, path in OF_A_PERSON.items():
        if IS_WHOLE:
            faults += looks(page, f"{name}-{theme}", path)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_before_sign_in_has_a_grave_fault(visitor, house, theme):
    page = visitor(color_scheme=theme)
    faults = looks(page, f"sign-in-{theme}", "/account/login/")
    faults += looks(page, f"join-{theme}", house[1]["invited"])
    faults += looks(page, f"link-{theme}", house[1]["help-desk"])
    faults += looks(page, f"link-used-{theme}", "/account/join/none")
    assert not faults, "\n".join(faults)


@pytest.mark.skipif(not IS_WHOLE, reason="make browser takes the phone, too")
@pytest.mark.parametrize("language", ["en", "fr"])
def test_on_a_phone_no_page_is_wider_than_the_screen(visitor, house, owner, language):
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    page = visitor(language, storage_state=owner, **phone)
    faults = []
    for name, path in OF_A_CLIENT.items():
        faults += looks(page, f"{name}-phone-{language}", f"/clients/{house[1]['client']}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
    assert not faults, "\n".join(faults)


def test_the_keyboard_reaches_the_content_first_and_the_theme_can_be_switched(visitor, house, owner):
    page = visitor(storage_state=owner, color_scheme="light")
    page.goto(f"/clients/{house[1]['client']}/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"


def test_an_owner_gives_his_organisation_its_looks(visitor, house, owner, tmp_path):
    Image.new("RGB", (640, 200), "orange").save(tmp_path / "logo.png")
    page = visitor(storage_state=owner)
    page.goto(f"/clients/{house[1]['client']}/branding/")
    page.get_by_label("Name that is shown").fill("One & Company")
    page.get_by_label("Colour").fill("#1b5e20")
    page.get_by_label("Whom to ask").fill("Ann, +33 1 23 45 67 89")
    page.locator("input[type=file]").set_input_files(tmp_path / "logo.png")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    assert page.get_by_alt_text("One & Company").evaluate("each => each.naturalWidth") == 307
    ground = page.locator(".brand").evaluate("each => getComputedStyle(each).backgroundColor")
    assert ground == "rgb(27, 94, 32)"
    assert [each for each in Axe().run(page).response["violations"] if each["impact"] in GRAVE] == []


def test_a_click_changes_the_language(visitor, house):
    page = visitor()
    page.goto("/account/login/")
    page.get_by_role("button", name="Français").click()
    page.wait_for_selector("html[lang=fr]")
    page.get_by_role("heading", name="Se connecter").wait_for()


def test_an_administrator_claims_a_domain_and_checks_its_mx_in_place(visitor, house, owner):
    page = visitor(storage_state=owner)
    page.goto(f"/clients/{house[1]['client']}/domains/add")
    page.get_by_label("Domain").fill("Fresh.Example")
    page.get_by_label("Mail server").fill("mail.fresh.example")
    page.get_by_role("button", name="Add").click()
    page.wait_for_url("**/domains/*/")
    assert "_ecluse-challenge.fresh.example" in page.content()
    page.get_by_role("button", name="Look for the record now").click()
    page.get_by_text("The domain name system gave no answer").wait_for()
    page.get_by_role("button", name="Check the MX records now").click()
    page.locator("#mx .alert").wait_for()
    assert page.url.endswith("/")


def test_an_administrator_sees_the_effect_of_a_setting_before_he_saves_it(visitor, house, owner):
    page = visitor(storage_state=owner)
    page.goto(f"/clients/{house[1]['client']}/settings/")
    page.get_by_role("link", name="Fill in: Strict").click()
    page.get_by_role("button", name="Show the effect first").click()
    page.get_by_role("heading", name="What these settings would do").wait_for()
    moved = page.get_by_text("Messages that would be treated differently").inner_text()
    assert not moved.endswith(": 0 of 0")
    assert page.locator("table a").count() > 0
    assert [each for each in Axe().run(page).response["violations"] if each["impact"] in GRAVE] == []
    page.goto(f"/clients/{house[1]['client']}/settings/")
    assert page.get_by_label("Refuse from a score of").input_value() == "15.0"
    page.get_by_role("link", name="Fill in: Strict").click()
    page.get_by_role("button", name="Show the effect first").click()
    page.get_by_role("button", name="Save these settings").click()
    page.get_by_text("It applies to all mail that comes from now on").wait_for()
    assert page.get_by_label("Refuse from a score of").input_value() == "11.0"
    page.get_by_label("Days that messages stand in the message log").fill("70")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("heading", name="What would be deleted for ever").wait_for()
    assert [each for each in Axe().run(page).response["violations"] if each["impact"] in GRAVE] == []
    page.get_by_role("button", name="Save these settings, and delete that").click()
    page.get_by_text("Messages older than 70 days are deleted within the hour").wait_for()


# What would act where text was meant; our own pages have none of it (CSP), but frames for held messages.
ACTING = """() => [...document.querySelectorAll('*')].filter(one =>
    [...one.attributes].some(each => /^on/i.test(each.name) || /^\\s*(javascript|vbscript|data:text)/i.test(each.value)
        && ['href', 'src', 'action', 'formaction', 'xlink:href', 'srcdoc'].includes(each.name.toLowerCase()))
    || ['IFRAME', 'OBJECT', 'EMBED', 'BASE', 'MARQUEE', 'PLAINTEXT'].includes(one.tagName)
    || one.tagName === 'SCRIPT' && !(one.src || '').startsWith(location.origin + '/'))
    .map(one => one.outerHTML.slice(0, 200)).concat(window.hurt ? ['it ran'] : [])"""


def test_what_others_wrote_never_acts(visitor, house):
    """Subjects, senders, names, names of files, remote servers' words: all as text, on every page that shows them."""
    page, dialogs = visitor(), []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.set_content("<p onclick='x'>one</p><a href=' javascript:2'>two</a><b title='onclick'>none</b>")
    assert len(page.evaluate(ACTING)) == 2
    page.goto(house[1]["other-owner"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/clients/*/")
    client = f"/clients/{house[1]['other-client']}/"
    page.goto(f"{client}log/")
    rows = [link.get_attribute("href") for link in page.locator("td a[href*='/log/']").all()]
    page.goto(f"{client}quarantine/")
    held = [link.get_attribute("href") for link in page.locator("td a[href*='/quarantine/']").all()]
    assert rows
    assert held
    one_of_each = 3 if not IS_WHOLE else 50
    seen = ""
    for where in (client, *(client + each for each in ("log/", "quarantine/", "lists/", "addresses/", "audit/")),
                  *rows[:one_of_each], *held[:one_of_each]):  # fmt: skip
        page.goto(where)
        assert page.evaluate(ACTING) == [], where
        seen += page.locator("body").inner_text()
    assert dialogs == []
    assert seen.count("<img src=x onerror=window.hurt=1>") >= 5


def test_one_box_ticks_all_messages(visitor, house, owner):
    page = visitor(storage_state=owner)
    page.goto(f"/clients/{house[1]['client']}/quarantine/")
    every, ticked = page.get_by_label("Choose all on this page"), page.locator("[name=copy]:checked")
    every.check()
    assert ticked.count() == page.locator("[name=copy]").count() > 1
    page.locator("[name=copy]").first.uncheck()
    assert not every.is_checked()
    every.check()
    page.get_by_role("button", name="Decline the request").click()
    page.get_by_text("Ordered for 0 messages").wait_for()


def test_the_help_desk_sees_that_mail_is_held_and_nothing_of_what_it_says(visitor, house, owner):
    page, subject = visitor(), "An offer for Ursula"
    page.goto(house[1]["help-desk"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/clients/*/")
    listed = f"/clients/{house[1]['client']}/quarantine/"
    for window, sees_content in ((visitor(storage_state=owner), True), (page, False)):
        window.goto(listed)
        assert "eve@shop.example" in window.locator("main").inner_text()
        assert (subject in window.content()) == sees_content
        window.goto(f"{listed}1/")
        assert (subject in window.content()) == sees_content
        assert (window.get_by_role("button", name="Release", exact=True).count() > 0) == sees_content


def with_second_factor(page, house, who, code):
    page.goto(house[1][who])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code").fill(house[1][code])
    page.get_by_role("button", name="Sign In").click()
    page.wait_for_url(house[0] + "/")


def support(visitor, house):
    page = visitor()
    with_second_factor(page, house, "support", "recovery")
    return page


@pytest.fixture(scope="module")
def boss(house, chromium):
    """The cookies of the provider's owner."""
    context = chromium.new_context(base_url=house[0], locale="en-GB")
    with_second_factor(context.new_page(), house, "boss", "boss-recovery")
    yield context.storage_state()
    context.close()


@pytest.mark.parametrize(
    ("theme", "language", "is_phone"), [("light", "en", False), ("dark", "fr", False), ("light", "fr", True)]
)
def test_no_page_of_the_provider_has_a_grave_fault_or_is_wider_than_a_phone(
    visitor, house, boss, theme, language, is_phone
):
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True} if is_phone else {}
    page = visitor(language, storage_state=boss, color_scheme=theme, **phone)
    faults = []
    for name, path in OF_THE_PROVIDER.items():
        if IS_WHOLE or (name in SHORT_OF_THE_PROVIDER and theme == "light" and not is_phone):
            faults += looks(page, f"provider-{name}-{theme}-{language}{'-phone' * is_phone}", f"/{path}")
            assert not is_phone or page.evaluate("document.documentElement.scrollWidth") <= 390, name
    assert not faults, "\n".join(faults)


def test_provider_break_glass_leaves_its_trace(visitor, house, owner):
    base = f"/clients/{house[1]['client']}"
    sue, olive = support(visitor, house), visitor(storage_state=owner)
    sue.goto(f"{base}/")
    sue.get_by_role("link", name="Break glass").click()
    assert looks(sue, "break-glass", sue.url) == []
    sue.get_by_label("Reason").fill(REASON)
    sue.get_by_label("I need to see content").check()
    sue.get_by_role("button", name="Begin, or ask").click()
    sue.get_by_text("The client was asked.").wait_for()
    assert sue.get_by_text("Broken glass").count() == 0

    olive.goto(f"{base}/")
    assert REASON in olive.content()
    assert looks(olive, "break-glass-asked", olive.url) == []
    olive.get_by_role("button", name="Consent for four hours").click()
    olive.get_by_text("You have consented").wait_for()

    assert looks(sue, "break-glass-open", f"{base}/quarantine/") == []
    sue.get_by_text("You see content.").wait_for()
    olive.goto(f"{base}/")
    olive.get_by_role("button", name="End it now").click()
    olive.get_by_text("Ended.").wait_for()
    sue.goto(f"{base}/quarantine/")
    assert sue.get_by_text("Broken glass").count() == 0

    olive.goto(f"{base}/audit/?q=break-glass")
    trail = olive.get_by_role("table").inner_text()
    for act in ("break-glass.asked", "break-glass.consented", "break-glass.ended", REASON):
        assert act in trail
