"""Mail to support: carried up once, into the right ticket or none, answered once, and never to a program."""

from __future__ import annotations

import smtplib
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone
from django_scopes import scope

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.support_desk import ControlSupportDesk
from ecluse.control.audit.queries import entries
from ecluse.control.support import arrivals, queries, tickets
from ecluse.control.support import files as ticket_files
from ecluse.control.support.desk import Desk
from ecluse.control.support.letters import TRIED_FOR, give_up_old, send_letters
from ecluse.control.support.models import Channel, Entry, SupportMail, Ticket, TicketFile, TicketLetter
from ecluse.control.support.reminders import remind_clients
from ecluse.control.support.retention import delete_files
from ecluse.control.support.tickets import Request
from ecluse.control.tenants import services
from ecluse.domain import support_mail as told
from ecluse.domain.errors import Impossible, Refused, Unavailable
from ecluse.domain.ids import new_id
from ecluse.web.support_mail import support_mail
from ecluse.wire.letters import octets_of
from tests.control.cast import ADMIN, OPERATOR, ROUTE, client
from tests.control.test_publications import url
from tests.control.test_tickets import HOURS

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "support@provider.example"


@pytest.fixture(autouse=True)
def _desk(settings):
    settings.ECLUSE_SUPPORT = Desk(ADDRESS, HOURS, 14, 30, 365)


@pytest.fixture
def desk():
    adapter = ControlSupportDesk(Database(url()))
    yield adapter
    adapter.close()


@pytest.fixture
def one():
    made = client("One")
    with scope(client=made):
        services.add_domain(made, "one.example", [ROUTE], by=OPERATOR)
    return made


def mail(**more):
    plain = told.SupportMail(
        new_id(), timezone.now().timestamp(), "ann@one.example", "Ann", "one.example", "Mail is late", "Since noon.",
        f"{new_id()}@one.example", (), False, (), 0,
    )  # fmt: skip
    return replace(plain, **more)


def arrive(desk, **more):
    sent = mail(**more)
    assert desk.add(sent)
    arrivals.sort_mail()
    return sent


def all_tickets():
    return queries.tickets_everywhere()


def sent_letters(failing=None):
    """Letters that go out now, as octets read by somebody else's parser."""
    out = []

    def send(news):
        if failing is not None:
            raise failing
        letter = support_mail(news)
        parsed = message_from_bytes(octets_of(letter, letter.id, 0.0), policy=policy.default)
        out.append((letter, parsed))

    send_letters(timezone.now(), send)
    return out


def said(ticket):
    with scope(client=ticket.client):
        return [each.text for each in queries.entries_of(ticket, with_notes=True)]


def test_a_mail_of_a_clients_proven_domain_opens_a_ticket_of_that_client_once(desk, one):
    first = mail()
    assert desk.add(first)
    assert not desk.add(first)
    assert arrivals.sort_mail() == 1
    # A node that does not know whether we have it tells it once more.
    assert desk.add(first)
    assert arrivals.sort_mail() == 0
    [ticket] = all_tickets()
    assert (ticket.client, ticket.requester, ticket.subject, ticket.channel) == (
        one,
        "ann@one.example",
        "Mail is late",
        Channel.MAIL,
    )
    assert ticket.opened_at.timestamp() == pytest.approx(first.received_at)
    assert said(ticket) == ["Since noon."]
    assert not SupportMail.objects.exists()


@pytest.mark.parametrize(
    "unknown",
    [
        {"proven": ""},
        {"sender": "ann@far.example", "proven": "far.example"},
        {"sender": "ann@sub.one.example"},  # Whose it is nobody has shown.
        {"is_automatic": True},
        {"sender": "", "proven": ""},
    ],
)
def test_what_is_not_proven_or_nobodys_or_a_programs_waits_and_is_not_answered(desk, one, unknown):
    arrive(desk, **unknown)
    assert not all_tickets()
    assert arrivals.unsorted().count() == 1
    assert sent_letters() == []
    assert arrivals.sort_mail() == 0


def test_a_domain_that_is_only_claimed_is_nobodys(desk):
    two = client("Two")
    with scope(client=two):
        services.claim_domain(two, "one.example", [ROUTE], by=OPERATOR)
    arrive(desk)
    assert not all_tickets()


def test_whoever_shares_a_registered_domain_with_another_client_is_not_proven_by_it(desk):
    def serve(owner, name):
        with scope(client=owner):
            services.add_domain(owner, name, [ROUTE], by=OPERATOR)

    first = client("One")
    serve(first, "one.shared.example")
    serve(first, "more.shared.example")
    arrive(desk, sender="ann@one.shared.example", proven="shared.example")
    assert len(all_tickets()) == 1
    serve(client("Two"), "two.shared.example")
    # A signature of two.shared.example is aligned with any name below shared.example.
    arrive(desk, sender="ann@one.shared.example", proven="shared.example")
    assert (len(all_tickets()), arrivals.unsorted().count()) == (1, 1)


def test_an_answer_is_mailed_once_and_what_comes_back_lands_in_the_same_ticket(desk, one):
    asked = arrive(desk)
    [(receipt, parsed)] = sent_letters()
    assert (parsed["Auto-Submitted"], receipt.return_path, parsed["To"]) == ("auto-replied", "", "ann@one.example")
    assert parsed["In-Reply-To"] == f"<{asked.message_id}>"
    [ticket] = all_tickets()
    with scope(client=one):
        tickets.answer(ticket, "We look into it.", by=OPERATOR)
    [(letter, answer)] = sent_letters()
    assert sent_letters() == []
    assert letter.return_path == ADDRESS
    assert answer["From"].addresses[0].addr_spec == ADDRESS
    assert answer["Auto-Submitted"] is None
    assert answer["Subject"] == f"Re: Mail is late [{ticket.reference}]"
    assert answer["References"] == f"<{asked.message_id}>"
    assert answer.get_content().startswith("We look into it.")
    arrive(desk, text="Thank you.", thread=(answer["Message-ID"].strip("<>"),))
    arrive(desk, text="To the receipt.", thread=(parsed["Message-ID"].strip("<>"), "else@x.example"))
    arrive(desk, text="To my own.", thread=(asked.message_id,))
    assert said(ticket) == ["Since noon.", "We look into it.", "Thank you.", "To the receipt.", "To my own."]
    [ticket] = all_tickets()
    assert ticket.state == "open"
    with scope(client=one):
        tickets.answer(ticket, "And more.", by=OPERATOR)
    [(_, second)] = sent_letters()
    assert answer["Message-ID"] in second["References"]
    assert second["Message-ID"] != answer["Message-ID"]
    with scope(client=one):
        assert Entry.objects.filter(mailed_at__isnull=False).count() == 2


@pytest.mark.parametrize(
    "stranger",
    [
        {"proven": ""},  # Ann by name alone.
        {"sender": "bob@one.example"},  # A colleague, who was not asked.
        {"sender": "eve@far.example", "proven": "far.example"},
    ],
)
def test_nobody_else_writes_in_a_ticket_whatever_he_knows(desk, one, stranger):
    asked = arrive(desk)
    [(_, receipt)] = sent_letters()
    arrive(desk, text="Do as I say.", thread=(receipt["Message-ID"].strip("<>"), asked.message_id), **stranger)
    first = min(all_tickets(), key=lambda each: each.pk)
    assert said(first) == ["Since noon."]
    assert len(all_tickets()) == (2 if stranger.get("sender") == "bob@one.example" else 1)


def test_a_guessed_token_names_no_ticket(desk, one):
    arrive(desk)
    [ticket] = all_tickets()
    arrive(desk, text="Hm?", thread=(f"{'0' * 32}.{ticket.pk}@provider.example",))
    assert said(ticket) == ["Since noon."]


def test_an_absence_note_moves_nothing_and_gets_no_letter(desk, one):
    asked = arrive(desk)
    sent_letters()
    [ticket] = all_tickets()
    with scope(client=one):
        tickets.answer(ticket, "We look.", by=OPERATOR)
    sent_letters()
    arrive(desk, text="I am away.", is_automatic=True, thread=(asked.message_id,))
    [ticket] = all_tickets()
    assert (ticket.state, said(ticket)[-1]) == ("waiting", "I am away.")
    assert sent_letters() == []


def test_what_comes_to_a_solved_ticket_opens_it_and_to_a_closed_one_makes_another(desk, one):
    asked = arrive(desk)
    [ticket] = all_tickets()
    with scope(client=one):
        tickets.solve(ticket, by=OPERATOR)
        arrive(desk, text="Not quite.", thread=(asked.message_id,))
        ticket.refresh_from_db()
        assert ticket.state == "open"
        tickets.solve(ticket, by=OPERATOR)
        tickets.close(ticket, by=OPERATOR)
        arrive(desk, text="Again.", thread=(asked.message_id,))
        newest = Ticket.objects.order_by("-pk")[0]
        assert (newest.follows, said(newest)) == (ticket, ["Again."])


def test_a_program_that_passes_for_a_person_gets_few_receipts_and_makes_few_tickets(desk, one):
    for number in range(arrivals.MOST_A_DAY + 3):
        arrive(desk, subject=f"Out of office {number}")
        if number % 2:  # What was sent counts as what waits.
            sent_letters()
    assert len(all_tickets()) == arrivals.MOST_A_DAY
    assert arrivals.unsorted().count() == 3
    sent_letters()
    with scope(client=one):
        assert Entry.objects.filter(receipt_at__isnull=False).count() == arrivals.RECEIPTS_A_DAY
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1), tick=False):
        arrive(desk)
    assert len(all_tickets()) == arrivals.MOST_A_DAY + 1


def test_a_mail_that_fits_nowhere_keeps_no_other_waiting(desk, one, monkeypatch):
    monkeypatch.setattr(tickets, "MOST_UNSOLVED", 1)
    asked = mail()
    desk.add(asked)
    desk.add(mail(received_at=asked.received_at + 1, text="Too many."))
    desk.add(mail(received_at=asked.received_at + 2, text="One word more.", thread=(asked.message_id,)))
    assert arrivals.sort_mail() == 2
    [ticket] = all_tickets()
    assert said(ticket) == ["Since noon.", "One word more."]
    assert [each.text for each in arrivals.unsorted()] == ["Too many."]


def test_a_flood_of_strangers_mail_loses_its_files_first_and_fills_no_database(desk, one, monkeypatch):
    monkeypatch.setattr(arrivals, "MOST_WITH_FILES", 1)
    monkeypatch.setattr(arrivals, "MOST_UNSORTED", 2)
    files = (told.SupportFile("a.png", "image/png", b"\x89"), told.SupportFile("b.png", "image/png", b"\x89"))
    for number in range(4):
        arrive(desk, proven="", received_at=float(number), text=f"Buy ink {number}", files=files)
    kept = [(each.text, each.files.count(), each.left_out) for each in arrivals.unsorted()]
    assert kept == [("Buy ink 1", 0, 2), ("Buy ink 0", 2, 0)]
    arrive(desk, files=files)  # Whoever is proven keeps his.
    with scope(client=one):
        assert TicketFile.objects.count() == 2


def test_a_ticket_has_room_for_so_many_files(desk, one, monkeypatch):
    monkeypatch.setattr(ticket_files, "MOST_FILES", 3)
    files = (told.SupportFile("a.png", "image/png", b"\x89"), told.SupportFile("b.png", "image/png", b"\x89"))
    first = arrive(desk, files=files)
    arrive(desk, files=files, thread=(first.message_id,), left_out=1)
    [ticket] = all_tickets()
    with scope(client=one):
        assert TicketFile.objects.count() == 3
        assert [each.left_out for each in ticket.entries.all()] == [0, 2]


def test_an_agent_says_whose_it_is_and_the_client_is_told_by_his_answer_alone(desk, one):
    arrive(desk, proven="", files=(told.SupportFile("a.png", "image/png", b"\x89"),), left_out=2)
    [waiting] = arrivals.unsorted()
    assert arrivals.guessed_client(waiting) == one
    ticket = arrivals.take_as_ticket(waiting, one, by=OPERATOR)
    with pytest.raises(Impossible):
        arrivals.take_as_ticket(waiting, one, by=OPERATOR)
    assert sent_letters() == []
    with scope(client=one):
        entry = ticket.entries.get()
        assert (entry.is_proven, entry.left_out) == (False, 2)
        assert [(each.name, each.size, bytes(each.octets)) for each in TicketFile.objects.all()] == [
            ("a.png", 1, b"\x89")
        ]
        tickets.answer(ticket, "Is it you?", by=OPERATOR)
    assert len(sent_letters()) == 1
    assert entries(one.pk)[0].action == "ticket.mailed"


def test_an_agent_adds_a_mail_to_a_ticket_or_deletes_it(desk, one):
    with scope(client=one):
        ticket = tickets.open_ticket(one, Request("Late", "Since noon.", Channel.PHONE), by=OPERATOR)
    arrive(desk, proven="", text="As I said.")
    arrive(desk, proven="", text="Buy ink.")
    said_before = arrivals.unsorted().get(text="As I said.")
    arrivals.add_to_ticket(said_before, ticket, by=OPERATOR)
    [left] = arrivals.unsorted()
    arrivals.discard(left, by=OPERATOR)
    assert said(ticket) == ["Since noon.", "As I said."]
    assert entries(None)[0].action == "support-mail.discarded"
    with pytest.raises(Impossible):
        arrivals.discard(left, by=OPERATOR)


def answered(one):
    with scope(client=one):
        ticket = tickets.open_ticket(one, Request("Late", "Since noon.", Channel.CONSOLE, "ann@one.example"), by=ADMIN)
        return tickets.answer(ticket, "We look.", by=OPERATOR)


def test_a_server_that_is_away_is_asked_again_and_one_that_refuses_is_not(one):
    entry = answered(one)
    for _ in range(4):
        assert sent_letters(Unavailable("away")) == []
    assert len(sent_letters()) == 1
    second = answered(one)
    assert sent_letters(Refused("no such user")) == []
    assert sent_letters() == []
    with scope(client=one):
        entry.refresh_from_db()
        second.refresh_from_db()
        assert (entry.mailed_at is None, entry.refused_at) == (False, None)
        assert (second.mailed_at, second.refused_at is None) == (None, False)


@pytest.mark.parametrize("local", ["é" * 32, "ann\u202e", "é", "bob@far.example,ann"])
def test_an_address_that_no_server_takes_ends_no_worker_and_keeps_no_other_waiting(desk, one, local):
    arrive(desk, sender=f"{local}@one.example")
    arrive(desk)
    assert [parsed["To"] for _, parsed in sent_letters()] == ["ann@one.example"]
    with scope(client=one):
        assert not TicketLetter.objects.exists()


def test_whoever_was_killed_while_sending_is_repeated_once_under_the_same_id(one):
    answered(one)
    ids = []

    def dies(news):
        ids.append(news.id)
        raise KeyboardInterrupt

    for hours in range(4):
        with time_machine.travel(timezone.now() + timedelta(hours=hours), tick=False):
            try:
                send_letters(timezone.now(), dies)
            except KeyboardInterrupt:
                continue
    assert len(ids) == 2
    assert len({*ids}) == 1


def test_what_could_not_be_sent_for_days_is_given_up_and_the_page_knows(one):
    entry = answered(one)
    assert give_up_old(timezone.now()) == 0
    assert give_up_old(timezone.now() + TRIED_FOR + timedelta(minutes=1)) == 1
    with scope(client=one):
        assert not TicketLetter.objects.exists()
        entry.refresh_from_db()
        assert entry.refused_at is not None


def test_without_an_address_of_ours_or_of_his_nothing_is_mailed(one, settings):
    with scope(client=one):
        ticket = tickets.open_ticket(one, Request("Late", "Since noon.", Channel.PHONE), by=OPERATOR)
        tickets.answer(ticket, "We look.", by=OPERATOR)
    settings.ECLUSE_SUPPORT = replace(settings.ECLUSE_SUPPORT, address="")
    answered(one)
    assert sent_letters() == []


def test_files_go_some_time_after_the_ticket_was_closed_and_unsorted_mail_by_its_age(desk, one):
    arrive(desk, files=(told.SupportFile("a.png", "image/png", b"\x89"),))
    [ticket] = all_tickets()
    with scope(client=one):
        tickets.solve(ticket, by=OPERATOR)
        tickets.close(ticket, by=OPERATOR)
        delete_files(ticket.closed_at)
        assert TicketFile.objects.exists()
        delete_files(ticket.closed_at + timedelta(seconds=1))
        assert not TicketFile.objects.exists()
    waiting = arrive(desk, proven="", files=(told.SupportFile("a.png", "image/png", b"\x89"),))
    at = arrivals.find_mail(waiting.id).when
    assert arrivals.forget_unsorted(at) == 0
    assert arrivals.forget_unsorted(at + timedelta(seconds=1)) == 1


def test_our_own_mail_that_comes_back_is_no_request_and_we_write_to_nobody_at_our_address(desk):
    own = client("Provider")
    with scope(client=own):
        services.add_domain(own, "provider.example", [ROUTE], by=OPERATOR)
    # Somebody forwards to us what we have answered: our signature holds.
    arrive(desk, sender=ADDRESS, proven="provider.example", text="We look.")
    assert (all_tickets(), arrivals.unsorted().count()) == ([], 1)
    [waiting] = arrivals.unsorted()
    ticket = arrivals.take_as_ticket(waiting, own, by=OPERATOR)
    with scope(client=own):
        tickets.answer(ticket, "We look.", by=OPERATOR)
    assert sent_letters() == []


def test_a_subject_of_the_client_ends_no_field_of_ours(desk, one):
    arrive(desk, subject="Late Bcc: eve@far.example é", text="Since\nnoon.\n.\nQUIT")
    [(letter, parsed)] = sent_letters()
    assert parsed["Bcc"] is None
    assert smtplib.quotedata(octets_of(letter, letter.id, 0.0).decode("ascii"))


def test_an_answer_that_comes_back_is_told_in_its_ticket_and_to_nobody_else(desk, one):
    """By the number that stands in that mail alone; what the server says is a note of the provider's."""
    arrive(desk)
    [ticket] = all_tickets()
    with scope(client=one):
        answer = tickets.answer(ticket, "We look.", by=OPERATOR)
    number = f"{ticket.token}.{answer.pk}"
    assert number in {letter.id for letter, _ in sent_letters()}
    bounce = {"sender": "mailer-daemon@far.example", "proven": "", "is_automatic": True, "text": "No such user."}
    token, _, pk = number.partition(".")
    for wrong in (f"{'0' * 32}.{pk}@provider.example", f"{token}.{int(pk) + 9}@provider.example", "x@y"):
        arrive(desk, returned=wrong, **bounce)
    assert (arrivals.unsorted().count(), said(ticket)) == (3, ["Since noon.", "We look."])
    # An automatic answer names it, too, and gives nothing back.
    arrive(desk, thread=(f"{number}@provider.example",), **bounce)
    with scope(client=one):
        assert Entry.objects.get(text="We look.").refused_at is None
    arrive(desk, returned=f"{number}@provider.example", **bounce)
    assert said(ticket) == ["Since noon.", "We look.", "No such user."]
    with scope(client=one):
        answer.refresh_from_db()
        assert (answer.mailed_at, answer.refused_at is None) == (None, False)
        assert [each.text for each in queries.entries_of(ticket, with_notes=False)] == ["Since noon.", "We look."]
    assert "ticket.answer-came-back" in {each.action for each in entries(one.pk)}


def test_an_answer_to_a_reminder_goes_on_with_its_ticket(desk, one):
    arrive(desk)
    [ticket] = all_tickets()
    with scope(client=one):
        tickets.answer(ticket, "Is it better now?", by=OPERATOR)
        sent_letters()
        assert remind_clients(timezone.now() + timedelta(days=5), settings.ECLUSE_SUPPORT) == 1
        [(_, reminder)] = sent_letters()
    assert (reminder["Auto-Submitted"], reminder["Subject"]) == (
        "auto-generated",
        f"Re: Mail is late [{ticket.reference}]",
    )
    arrive(desk, thread=(reminder["Message-ID"].strip("<>"),), text="It is.")
    [ticket] = all_tickets()
    assert (ticket.state, ticket.reminded_at) == ("open", None)
