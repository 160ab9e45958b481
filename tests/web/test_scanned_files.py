"""What people upload is looked at before it is given out: signed papers, and files with tickets, in the console."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.queries import entries
from ecluse.control.contracts.models import ContractPaper
from ecluse.control.support import letters, tickets
from ecluse.control.support.models import TicketFile
from ecluse.control.support.tickets import Channel, Request
from ecluse.domain.evidence import ScanState
from ecluse.web.backends import backends, hand_over
from ecluse.web.support_mail import support_mail
from ecluse.wire.letters import octets_of
from tests.control.cast import ADMIN
from tests.web.things import offered

SIGNED = b"%PDF-1.7\nsigned\n%%EOF\n"
BAD = b"%PDF-1.7\nEICAR\n%%EOF\n"


class Engine:
    """Answers as it is told; of itself it finds what names EICAR."""

    says: ScanState | None = None

    def scan(self, octets):
        return self.says or (ScanState.INFECTED if b"EICAR" in octets else ScanState.CLEAN)


@pytest.fixture
def engine(cast):
    made = Engine()
    hand_over(replace(backends(), scan=made.scan))
    return made


@pytest.fixture
def ticket(cast):
    with scope(client=cast.one):
        asked = Request("Late", "Since noon.", Channel.CONSOLE, "ursula@one.example", "Ursula")
        return tickets.open_ticket(cast.one, asked, by=ADMIN)


def named(*files):
    return [SimpleUploadedFile(name, octets, content_type="text/html") for name, octets in files]


def test_a_signed_paper_is_kept_unless_something_is_in_it_and_given_out_once_it_was_looked_at(cast, engine, caplog):
    with scope(client=cast.one):
        contract = offered(cast.one)
    owner, page = cast.browser(Role.OWNER), f"/clients/{cast.one.pk}/contract/{contract.pk}/"

    def upload(body):
        return owner.post(f"{page}papers/add", {"paper": named(("x.pdf", body))[0]}, follow=True).text

    def kept():
        with scope(client=cast.one):
            return list(ContractPaper.objects.values_list("pk", flat=True))

    assert "found something in this file: it was not kept" in upload(BAD)
    engine.says = ScanState.TOO_LARGE
    assert "cannot look into this file: it was not kept" in upload(SIGNED)
    assert kept() == []
    engine.says = ScanState.UNAVAILABLE
    assert "Saved." in upload(SIGNED)
    [paper] = kept()
    for who, side in ((owner, page), (cast.browser(Role.BILLING), page.replace("/contract/", "/service/contracts/"))):
        engine.says = ScanState.UNAVAILABLE
        refused = who.get(f"{side}papers/{paper}", follow=True)
        assert "scanner does not answer" in refused.text
        engine.says = ScanState.INFECTED  # Signatures are newer than the file.
        assert "it is not given out" in who.get(f"{side}papers/{paper}", follow=True).text
        engine.says = None
        assert who.get(f"{side}papers/{paper}").content == SIGNED
    with scope(client=cast.one):
        ContractPaper.objects.update(kind="quote")  # What we have drawn ourselves waits for no scanner.
    engine.says = ScanState.UNAVAILABLE
    assert owner.get(f"{page}papers/{paper}").content == SIGNED


def test_both_sides_attach_files_to_what_they_write_and_each_is_looked_at(cast, engine, ticket):
    ursula, desk = cast.browser(Role.USER), cast.browser(Role.SUPPORT)
    page, counter = (f"/clients/{cast.one.pk}/{part}support/{ticket.pk}/" for part in ("", "service/"))
    assert 'type="file"' in ursula.get(page).text
    ursula.post(f"{page}write", {"text": "See.", "files": named(("shot\u202e.png", b"a"), ("log.txt", b"b"))})
    sent = {"act": "answer", "text": "Read this.", "files": named(("guide.pdf", SIGNED))}
    assert "guide.pdf" in desk.post(f"{counter}act", sent, follow=True).text
    refused = ursula.post(f"{page}write", {"text": "And this.", "files": named(("virus.pdf", BAD))}, follow=True).text
    assert "virus.pdf: The virus scanner has found something" in refused
    assert "And this." not in refused  # Neither is the word kept: who wrote it is told at once.
    with scope(client=cast.one):
        files = list(TicketFile.objects.order_by("pk"))
    assert [each.name for each in files] == ["shot.png", "log.txt", "guide.pdf"]
    assert [each.action for each in entries(cast.one.pk)].count("ticket.files-added") == 2
    where = f"{page}files/{files[2].pk}"
    assert (ursula.get(where).content, ursula.get(where)["Content-Type"]) == (SIGNED, "application/octet-stream")
    engine.says = ScanState.UNAVAILABLE
    for who, side in ((ursula, page), (desk, counter)):
        assert "scanner does not answer" in who.get(f"{side}files/{files[0].pk}", follow=True).text


def test_files_of_an_answer_are_in_its_mail_unless_something_is_in_them_or_they_are_too_large(
    cast, engine, ticket, settings, monkeypatch
):
    settings.ECLUSE_SUPPORT = replace(settings.ECLUSE_SUPPORT, address="support@provider.example")
    monkeypatch.setattr(letters, "MOST_MAILED_OCTETS", 1_000)
    form = {"subject": "New", "text": "With a file.", "files": named(("a.txt", b"a"))}
    assert "a.txt" in cast.browser(Role.USER).post(f"/clients/{cast.one.pk}/support/ask", form, follow=True).text
    files = named(("big.bin", bytes(1_001)), ("Été 1.pdf", SIGNED), ("late.pdf", SIGNED + b"new"))
    sent = {"act": "answer-and-solve", "text": "Read this.", "files": files}
    cast.browser(Role.SUPPORT).post(f"/clients/{cast.one.pk}/service/support/{ticket.pk}/act", sent)
    mailed = []
    letters.send_letters(ticket.opened_at, mailed.append)
    found = {b"new": ScanState.INFECTED}  # Since it was attached.
    letter = support_mail(mailed[0], lambda octets: found.get(octets[-3:], ScanState.CLEAN))
    mail = message_from_bytes(octets_of(letter, letter.id, 0.0), policy=policy.default)
    [file] = mail.iter_attachments()
    assert (file.get_filename(), file.get_content_type(), file.get_content()) == (
        "Été 1.pdf",
        "application/octet-stream",
        SIGNED,
    )
    assert [each for each in letter.text.splitlines() if each.startswith("- ")] == ["- late.pdf", "- big.bin"]
    unseen = support_mail(mailed[0], lambda _: ScanState.UNAVAILABLE)
    assert (unseen.attached, unseen.text.count("\n- ")) == ((), 3)
    assert [each.name for each in support_mail(mailed[0]).attached] == ["Été 1.pdf", "late.pdf"]  # No scanner is set.


def test_bounds_hold_and_nothing_is_taken_where_nothing_looks(cast, engine, ticket):
    ursula, page = cast.browser(Role.USER), f"/clients/{cast.one.pk}/support/{ticket.pk}/"
    eleven = named(*((f"{number}.txt", b"x") for number in range(11)))
    for files in (eleven, named(("big.bin", bytes(5_242_881)))):
        assert "Ten files at most" in ursula.post(f"{page}write", {"text": "See.", "files": files}, follow=True).text
    hand_over(replace(backends(), scan=None))
    assert 'type="file"' not in ursula.get(page).text
    told = ursula.post(f"{page}write", {"text": "See.", "files": named(("a.txt", b"a"))}, follow=True).text
    assert "Nothing looks at files here" in told
    with scope(client=cast.one):
        assert not TicketFile.objects.exists()
