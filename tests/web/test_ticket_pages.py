"""Support in the console: the client asks, the provider answers; text is shown as text, and notes to nobody else."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.billing import invoice_days
from ecluse.control.billing.models import ComingLine
from ecluse.control.contracts import catalogue, life, naming, offers
from ecluse.control.contracts.price_grid import Bundle, Wanted
from ecluse.control.support import tickets
from ecluse.control.support.models import Charge, Ticket, TicketFile
from ecluse.control.support.tickets import Channel, Request
from ecluse.domain.log_search import LogSearch
from ecluse.web.backends import backends
from ecluse.web.pages import PER_PAGE
from tests.control.cast import ADMIN, OPERATOR
from tests.price_list import GRID
from tests.web.things import support_mail, ticket_file


@pytest.fixture
def support(cast):
    return cast.browser(Role.SUPPORT)


@pytest.fixture
def ticket(cast):
    with scope(client=cast.one):
        asked = Request("Mail is late", "<b>Since</b> noon.\nAnd now?", Channel.CONSOLE, "ursula@one.example", "Ursula")
        return tickets.open_ticket(cast.one, asked, by=ADMIN)


def begin_contract(client, addresses):
    today = invoice_days.today()
    with scope(client=client):
        catalogue.publish_prices(GRID, by=OPERATOR)
        catalogue.publish_terms("2026-01", "You pay, we filter.", by=OPERATOR)
        made = offers.draft(client, Wanted(Bundle.BOTH, addresses, 1, 12), ["one.example"], by=OPERATOR)
        offers.send(made, today=today, by=OPERATOR)
        offers.accept(made, offers.sum_of(offers.offer_document(made)), today=today, by=OPERATOR)
        naming.grant(made.domains.get(), by=OPERATOR)
        life.start(made, by=OPERATOR)


def page_of(cast, ticket):
    return f"/clients/{cast.one.pk}/support/{ticket.pk}/"


def desk_of(cast, ticket):
    return f"/clients/{cast.one.pk}/service/support/{ticket.pk}/"


def act(cast, browser, ticket, what, **form):
    return browser.post(f"{desk_of(cast, ticket)}act", {"act": what, **form}, follow=True).text


def fresh(cast, ticket):
    with scope(client=cast.one):
        return Ticket.objects.get(pk=ticket.pk)


def test_a_user_asks_is_answered_and_closes(cast, support):
    ursula = cast.browser(Role.USER)
    answer = ursula.post(
        f"/clients/{cast.one.pk}/support/ask", {"subject": "No digest", "text": "None came."}, follow=True
    )
    assert "None came." in answer.text
    with scope(client=cast.one):
        ticket = Ticket.objects.get()
    assert (ticket.requester, ticket.requester_name, ticket.channel) == ("ursula@one.example", "Ursula", "console")
    assert "No digest" in support.get("/provider/support/").text
    assert "It was late." in act(cast, support, ticket, "answer-and-solve", text="It was late.")
    page = ursula.get(page_of(cast, ticket)).text
    assert "It was late." in page
    assert "It is solved: close it" in page
    ursula.post(f"{page_of(cast, ticket)}act", {"act": "close"})
    assert fresh(cast, ticket).state == "closed"
    assert "This request is closed." in ursula.get(page_of(cast, ticket)).text


def test_what_somebody_wrote_is_text_and_never_html(cast, support, ticket):
    for page in (
        cast.browser(Role.ADMINISTRATOR).get(page_of(cast, ticket)).text,
        support.get(desk_of(cast, ticket)).text,
    ):
        assert "&lt;b&gt;Since&lt;/b&gt; noon.<br>And now?" in page
        assert "<b>Since" not in page


def test_users_see_their_own_and_who_runs_the_client_sees_all(cast, ticket):
    with scope(client=cast.one):
        other = tickets.open_ticket(
            cast.one, Request("A list", "Of whom?", Channel.PHONE, "paul@one.example"), by=ADMIN
        )
    where = f"/clients/{cast.one.pk}/support/"
    user = cast.browser(Role.USER)
    assert re.findall(r"T0*(\d+)</a>", user.get(where).text) == [str(ticket.pk)]
    assert user.get(page_of(cast, other)).status_code == 404
    assert user.post(f"{page_of(cast, other)}write", {"text": "x"}).status_code == 404
    for who in (Role.OWNER, Role.ADMINISTRATOR, Role.HELP_DESK, Role.RESELLER):
        assert "A list" in cast.browser(who).get(where).text, who
    assert "A list" not in cast.browser(Role.HELP_DESK).get(f"{where}?q=late").text
    assert "A list" in cast.browser(Role.HELP_DESK).get(f"{where}?q={other.reference}").text
    assert cast.browser(Role.SUPPORT).get(where).status_code == 403


def test_notes_are_the_providers_own(cast, support, ticket):
    assert "calls each week" in act(cast, support, ticket, "note", text="He calls each week.")
    assert "calls each week" not in cast.browser(Role.OWNER).get(page_of(cast, ticket)).text


def test_what_an_agent_may_do_is_done_from_the_page(cast, support, ticket):
    sue = cast.people[Role.SUPPORT]
    act(cast, support, ticket, "assign", owner=sue.pk)
    act(cast, support, ticket, "priority", priority="4")
    found = fresh(cast, ticket)
    assert (found.owner, found.state, found.priority) == (sue, "open", 4)
    assert "Mail is late" in support.get("/provider/support/?state=mine").text
    assert "Mail is late" not in cast.browser(Role.OPERATOR).get("/provider/support/?state=mine").text
    for what, state in (("solve", "solved"), ("reopen", "open"), ("solve", "solved"), ("close", "closed")):
        act(cast, support, ticket, what)
        assert fresh(cast, ticket).state == state, what
    for wrong, form in (
        ("solve", {}),
        ("answer", {"text": "x"}),
        ("assign", {"owner": cast.people[Role.BILLING].pk}),
        ("priority", {"priority": "9"}),
        ("link", {"message": "x"}),
        ("bill", {}),
    ):
        assert "This cannot be done" in act(cast, support, ticket, wrong, **form), wrong
    assert support.post(f"{desk_of(cast, ticket)}act", {"act": "dance"}).status_code == 404


def test_the_fourth_of_the_month_is_billed_when_the_agent_says_so(cast, support):
    begin_contract(cast.one, 15)
    owner = cast.browser(Role.OWNER)
    assert "0 of 3 requests" in owner.get(f"/clients/{cast.one.pk}/support/").text
    for number in range(4):
        owner.post(f"/clients/{cast.one.pk}/support/ask", {"subject": f"Question {number}", "text": "Why?"})
    assert "The next one may be billed" in owner.get(f"/clients/{cast.one.pk}/support/ask").text
    with scope(client=cast.one):
        last = Ticket.objects.order_by("-pk")[0]
    assert "Question 3" in support.get("/provider/support/?state=charge").text
    assert "Question 2" not in support.get("/provider/support/?state=charge").text
    assert "Shall it be billed" in support.get(desk_of(cast, last)).text
    page = act(cast, support, last, "bill")
    assert "Shall it be billed" not in page
    assert cast.people[Role.SUPPORT].email in page
    assert fresh(cast, last).charge == Charge.BILLED
    with scope(client=cast.one):
        assert [str(each.net) for each in ComingLine.objects.all()] == ["40.00"]


def test_a_call_is_written_down(cast, support):
    form = {
        "client": "One",
        "requester": "Paul@one.example",
        "requester_name": "Paul",
        "subject": "No mail",
        "text": "He hears a tone.",
        "priority": "3",
    }
    assert "There is no client of this name" in support.post("/provider/support/enter", form | {"client": "On"}).text
    page = support.post("/provider/support/enter", form, follow=True).text
    assert "He hears a tone." in page
    with scope(client=cast.one):
        ticket = Ticket.objects.get()
    assert (ticket.requester, ticket.channel, ticket.priority) == ("paul@one.example", "phone", 3)


def test_a_ticket_about_a_message_leads_to_its_page_and_to_none_of_another_clients(cast, support):
    with scope(client=cast.one):
        own = backends().message_log().search(LogSearch(client="One"), 1).rows[0].id
    with scope(client=cast.two):
        foreign = backends().message_log().search(LogSearch(client="Two"), 1).rows[0].id
    owner = cast.browser(Role.OWNER)
    where = f"/clients/{cast.one.pk}/support/ask"
    assert f"{where}?message={own}" in owner.get(f"/clients/{cast.one.pk}/log/{own}").text
    form = {"subject": "This one", "text": "Why?"}
    assert owner.post(where, form | {"message": foreign}).status_code == 404
    assert owner.post(where, form | {"message": "x"}).status_code == 404
    assert f"/clients/{cast.one.pk}/log/{own}" in owner.post(where, form | {"message": own}, follow=True).text
    with scope(client=cast.one):
        ticket = Ticket.objects.get()
        ticket.linked.all().delete()
    assert "This cannot be done" in act(cast, support, ticket, "link", message=foreign)
    assert f"/clients/{cast.one.pk}/log/{own}" in act(cast, support, ticket, "link", message=own)
    # Who may see no message of it gets no ticket about it either.
    assert cast.browser(Role.USER).post(where, form | {"message": own}).status_code == 404


def test_the_desk_shows_how_long_answers_take(cast, support, ticket):
    assert "0 answered, 1 wait" in support.get("/provider/support/").text
    act(cast, support, ticket, "answer", text="We look.")
    page = support.get("/provider/support/?state=all").text
    assert "1 answered, 0 wait" in page
    assert page.count("0 h 00 min") == 4
    assert timezone.now() > fresh(cast, ticket).first_answer_at


def test_a_file_is_saved_and_never_shown(cast, support, ticket):
    with scope(client=cast.one):
        row = ticket_file(ticket)
        TicketFile.objects.filter(pk=row.pk).update(name='a"b\r\n;évil.html', kind="text/html", octets=b"<script>")
    for browser, where in (
        (cast.browser(Role.USER), page_of(cast, ticket)),
        (support, desk_of(cast, ticket)),
    ):
        assert f"{where}files/{row.pk}" in browser.get(where).text
        answer = browser.get(f"{where}files/{row.pk}")
        assert (answer.content, answer.headers["Content-Type"]) == (b"<script>", "application/octet-stream")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="a_b____vil.html"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    with scope(client=cast.one):
        other = tickets.open_ticket(cast.one, Request("A", "b", Channel.PHONE, "paul@one.example"), by=ADMIN)
        foreign = ticket_file(other)
    assert cast.browser(Role.USER).get(f"{page_of(cast, ticket)}files/{foreign.pk}").status_code == 404
    assert cast.browser(Role.USER).get(f"{page_of(cast, other)}files/{foreign.pk}").status_code == 404


def test_mail_that_belongs_nowhere_is_sorted_by_an_agent(cast, support, ticket):
    mails = [support_mail(cast.two) for _ in range(3)]
    page = support.get("/provider/support/mail/").text
    assert page.count("of two.example") == 3
    assert "Mail to be sorted <span" in support.get("/provider/support/").text
    where = [f"/provider/support/mail/{each.pk}/" for each in mails]
    assert "no: anybody may have written it" in support.get(where[0]).text
    for wrong in (
        {"act": "open", "client": "Nobody"},
        {"act": "add", "ticket": "T999999"},
        {"act": "add", "ticket": "x"},
    ):
        assert "This cannot be done" in support.post(f"{where[0]}act", wrong, follow=True).text
    assert support.post(f"{where[0]}act", {"act": "dance"}).status_code == 404
    opened = support.post(f"{where[0]}act", {"act": "open", "client": "Two"}, follow=True)
    assert "sender not proven" in opened.text
    assert f"/clients/{cast.two.pk}/service/support/" in opened.request["PATH_INFO"]
    support.post(f"{where[1]}act", {"act": "add", "ticket": ticket.reference})
    support.post(f"{where[2]}act", {"act": "discard"})
    assert "Nothing waits to be sorted" in support.get("/provider/support/mail/").text
    assert "Hello." in cast.browser(Role.OWNER).get(page_of(cast, ticket)).text
    assert support.get(where[0]).status_code == 404


def test_a_long_ticket_is_cut_into_pages_and_opens_at_its_end(cast, support, ticket):
    with scope(client=cast.one):
        for number in range(PER_PAGE):
            tickets.note(ticket, f"note {number:03}", by=OPERATOR)
    newest = support.get(desk_of(cast, ticket)).text
    oldest = support.get(f"{desk_of(cast, ticket)}?page=1").text
    assert ("note 049" in newest, "Since" in newest) == (True, False)
    assert ("note 048" in oldest, "note 049" in oldest, "Since" in oldest) == (True, False, True)
    assert "Page 2 of 2" in newest
    assert "Page" not in cast.browser(Role.OWNER).get(page_of(cast, ticket)).text  # Without notes it is one.
