"""Which folders of a client's mailbox teach its filter, what of them counts, and how much a day."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.attempts.models import Attempt
from ecluse.control.audit.models import Entry
from ecluse.control.learning import folder_jobs, folders
from ecluse.control.learning.folder_jobs import read_due
from ecluse.control.learning.folders import MailboxSettings, mailbox_of, remove_mailbox, set_mailbox
from ecluse.control.learning.models import LessonMailbox
from ecluse.control.mail.models import NodeOrder
from ecluse.domain.errors import Unavailable
from ecluse.domain.event import Ending
from ecluse.domain.lesson_folder import FolderFailed, FolderNews, FolderPlace, FolderTrouble
from ecluse.web.console import lesson_folders as page_of_folders
from tests.contract.message_log.contract import outcome, recipient
from tests.control.cast import ADMIN
from tests.control.test_orders import NODE
from tests.web.programs import program_of
from tests.web.test_lessons import octets

SERVING = frozenset({NODE})
SETTINGS = MailboxSettings("imap.one.example", 993, False, "", "lessons", "Junk", "NotJunk", 10)


@pytest.fixture
def one(cast):
    with scope(client=cast.one):
        yield cast.one


@pytest.fixture
def mailbox(one):
    return set_mailbox(one, SETTINGS, "hush", by=ADMIN)


def mail_that_came(message_log):
    """Ids of mail that came through us for One, each for two people."""
    people = (recipient("cleo@one.example", Ending.RELAYED), recipient("ann@one.example", Ending.RELAYED))
    events = [outcome(time.time() - 30, *people) for _ in range(3)]
    message_log.append(events)
    return [event.id for event in events]


@pytest.fixture
def came(message_log):
    return mail_that_came(message_log)


def news(*messages, uid=9, passed_over=0):
    return FolderNews(FolderPlace(7, uid), len(messages), messages, passed_over)


def read_now(message_log, found, serving=SERVING):
    LessonMailbox.objects.update(due_at=time.time() - 1)
    read = found if callable(found) else lambda _question: found
    return read_due(time.time(), read, message_log, serving)


def test_what_did_not_come_through_us_for_this_client_is_passed_over(one, mailbox, came, message_log):
    two = outcome(time.time() - 10, recipient("zoe@two.example"), client="Two")
    sent = outcome(time.time() - 10, recipient("x@else.example"), direction="outbound")
    message_log.append([two, sent])
    strange = [
        octets(two.id),
        octets(sent.id),
        octets("0" * 32),
        octets(came[0], "mx.elsewhere.example"),
        b"",
        b"\0\r\n",
    ]
    done = read_now(message_log, (news(*strange, octets(came[0]), passed_over=2), news()))
    assert done.taught == 1
    mailbox.refresh_from_db()
    assert (mailbox.taught, mailbox.passed_over, mailbox.trouble) == (1, 8, "")
    [order] = NodeOrder.objects.filter(kind="learn")
    assert (order.target, order.node) == (came[0], NODE)


def test_it_is_read_on_from_where_it_was_and_no_more_a_day_than_nodes_learn(
    one, mailbox, came, message_log, monkeypatch
):
    monkeypatch.setattr(folders, "MOST_A_DAY", 4)
    asked = []

    def read(question):
        asked.append((question.most, [place for _, place in question.folders]))
        return news(octets(came[0]), octets(came[1])), news(octets(came[2]), uid=4)

    read_now(message_log, read)
    read_now(message_log, read)
    assert asked == [(2, [FolderPlace(), FolderPlace()]), (0, [FolderPlace(7, 9), FolderPlace(7, 4)])]
    assert read_due(time.time(), read, message_log, SERVING).read == 0  # Not due.
    LessonMailbox.objects.update(day=1)
    read_now(message_log, read)
    assert asked[-1][0] == 2


def test_where_another_folder_is_named_it_is_read_from_its_beginning(one, mailbox, message_log):
    read_now(message_log, (news(), news()))
    row = set_mailbox(one, replace(SETTINGS, ham_folder="Good", every_minutes=60), "", by=ADMIN)
    assert (row.spam_uid, row.ham_uid, row.ham_validity) == (9, 0, 0)
    with pytest.raises(folders.MailboxPasswordNeeded):
        set_mailbox(one, replace(SETTINGS, host="evil.example"), "", by=ADMIN)
    with pytest.raises(folders.OneFolder):
        set_mailbox(one, replace(SETTINGS, ham_folder="Junk"), "", by=ADMIN)
    assert b"hush" not in bytes(mailbox_of(one).secret)
    assert "hush" not in f"{folders.question_for(row, 1)}{list(Entry.objects.values_list('before', 'after'))}"


def test_a_failure_is_noted_and_moves_nothing(one, mailbox, came, message_log, settings):
    def fail(_question):
        raise FolderFailed(FolderTrouble.CREDENTIALS, "NO no")

    done = read_now(message_log, fail)
    assert (done.read, done.failed) == (0, 1)
    mailbox.refresh_from_db()
    assert (mailbox.trouble, mailbox.said, mailbox.spam_uid) == ("credentials", "NO no", 0)
    settings.ECLUSE_MASTER_KEY = ""
    assert read_now(message_log, (news(), news())).failed == 1
    mailbox.refresh_from_db()
    assert mailbox.said == "no master key"


def test_what_nobody_foresaw_is_put_off_and_what_is_away_is_read_again(one, mailbox, came, message_log):
    read_now(message_log, lambda _question: 1 / 0)
    assert Attempt.objects.get(work="read lesson folders").problem == "ZeroDivisionError"
    Attempt.objects.all().delete()

    class Away:
        def events(self, *_):
            raise Unavailable("away")

    with pytest.raises(Unavailable):
        read_now(Away(), (news(octets(came[0])), news()))
    mailbox.refresh_from_db()
    assert (mailbox.spam_uid, NodeOrder.objects.exists()) == (0, False)


def test_an_answer_to_another_question_teaches_nothing(one, mailbox, came, message_log):
    answer = (news(octets(came[0])), news())
    asked = mailbox_of(one)
    set_mailbox(one, replace(SETTINGS, spam_folder="Other"), "", by=ADMIN)
    assert folder_jobs._settle(asked, answer, message_log, SERVING, time.time()) == 0
    remove_mailbox(mailbox_of(one), by=ADMIN)
    assert folder_jobs._settle(asked, answer, message_log, SERVING, time.time()) == 0
    assert not NodeOrder.objects.exists()


FORM = {
    "host": "imap.one.example",
    "port": "993",
    "user": "lessons",
    "password": "hush",
    "spam_folder": "Junk",
    "ham_folder": "NotJunk",
    "every_minutes": "60",
}


class TestPage:
    @pytest.fixture
    def base(self, cast):
        return f"/clients/{cast.one.pk}/lessons/folders"

    @pytest.fixture
    def ann(self, cast):
        return cast.browser(Role.ADMINISTRATOR)

    def test_it_is_set_tested_read_and_removed(self, one, dns, ann, base, came, message_log):
        assert "Saved." in ann.post(base, FORM, follow=True).text
        page = ann.get(base).text
        assert "imaps://imap.one.example:993" in page
        assert "It was not read yet" in page
        assert "hush" not in page
        assert "12 of spam, 0 of no spam" in ann.post(f"{base}/test", follow=True).text
        read_now(message_log, (news(octets(came[0]), passed_over=4), news()))
        assert re.search(r"Lessons: 1; passed over, .*: 4\.", ann.get(base).text)
        dns.folders = FolderFailed(FolderTrouble.NO_FOLDER, "<b>")
        page = ann.post(f"{base}/test", follow=True).text
        assert "One of the folders is not there" in page
        assert "&lt;b&gt;" in page
        ann.post(f"{base}/remove")
        assert mailbox_of(one) is None

    @pytest.mark.parametrize(
        ("field", "text", "says"),
        [
            ("ham_folder", "Junk", "two folders"),
            ("ham_folder", "a\r\ne2 DELETE b", "not written as it should be"),
            ("password", "", "A password is needed"),
            ("authority", "x", "This is no certificate"),
            ("every_minutes", "1", "Select a valid choice"),
        ],
    )
    def test_what_is_not_right_is_said_beside_the_field(self, ann, base, field, text, says):
        assert says in ann.post(base, {**FORM, field: text}).text

    def test_whoever_tests_too_often_waits(self, ann, base, monkeypatch):
        monkeypatch.setattr(page_of_folders, "TRIALS", replace(page_of_folders.TRIALS, most=1))
        ann.post(base, FORM)
        answers = [ann.post(f"{base}/test", follow=True).text for _ in range(2)]
        assert ["try again in an hour" in each for each in answers] == [False, True]

    def test_programs_have_the_same(self, one, cast, dns):
        program, here = program_of(cast.people[Role.ADMINISTRATOR], one), f"clients/{one.pk}/lesson-mailbox"
        body = {"host": "imap.one.example", "user": "lessons", "spam_folder": "Junk", "ham_folder": "NotJunk"}
        assert program.get(here).status_code == 404
        assert program.call("PUT", here, body).status_code == 409  # No password.
        body["password"] = "hush"
        assert program.call("PUT", here, body | {"ham_folder": "Junk"}).status_code == 409
        assert program.call("PUT", here, body | {"user": "a\r\nb"}).status_code == 422
        said = program.call("PUT", here, body).json()
        assert (said["port"], said["every_minutes"], said["read_at"], "password" in said) == (993, 60, None, False)
        assert program.post(f"{here}/test").json() == {"spam": 12, "ham": 0}
        dns.folders = FolderFailed(FolderTrouble.CREDENTIALS, "NO")
        assert program.post(f"{here}/test").status_code == 409
        assert program.get(here).json()["trouble"] == "credentials"
        assert program.call("DELETE", here).status_code == 204
        assert program.get(here).status_code == 404
