"""A real mailbox is read piece by piece and left as it was; what only looks like one, slowly or endlessly, ends soon."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from dataclasses import replace

import pytest

from ecluse.adapters.imap import lesson_folders
from ecluse.adapters.imap.lesson_folders import ImapFolders
from ecluse.domain.lesson_folder import FolderFailed, FolderPlace, FolderQuestion, FolderTrouble
from tests.contract.lesson_folders import dovecot
from tests.journeys.certificates import server_context
from tests.loopback import free_port

NEVER = FolderPlace()


def letter(number, size=0):
    return b"Subject: %d\r\n\r\n%b{%d}\r\n)\r\n" % (number, b"x" * size, number)


def reader(**more):
    return ImapFolders(lambda _name: ("127.0.0.1",), lambda _address: True, **more)


def trouble(question, **more):
    with pytest.raises(FolderFailed) as failed:
        reader(**more).read(question)
    return failed.value.trouble


@pytest.fixture(scope="module")
def served():
    if not dovecot.is_installed():
        pytest.skip("Dovecot is not installed: scripts/install-test-servers")
    with dovecot.serving() as found:
        yield found


@pytest.fixture
def question(served):
    folders = ((dovecot.SPAM, NEVER), (dovecot.HAM, NEVER))
    return FolderQuestion(
        dovecot.HOST, served.secure, False, served.authority, dovecot.USER, dovecot.PASSWORD, folders, 50
    )


def after(question, news):
    """What is asked at the next time."""
    names = [name for name, _ in question.folders]
    return replace(question, folders=tuple(zip(names, (each.place for each in news), strict=True)))


@pytest.mark.peers
class TestDovecot:
    @pytest.fixture(autouse=True)
    def box(self, served):
        with dovecot.signed_in(served) as box:
            for name in dovecot.WRITTEN.values():
                box.delete(name)
            dovecot.put(box, dovecot.SPAM, *(letter(n) for n in range(1, 6)))
            dovecot.put(box, dovecot.HAM, letter(9))
            yield box

    def test_all_is_read_once_and_what_comes_then_later(self, box, question):
        news = reader().read(question)
        assert [each.messages for each in news] == [tuple(letter(n) for n in range(1, 6)), (letter(9),)]
        again = after(question, news)
        assert [each.messages for each in reader().read(again)] == [(), ()]
        dovecot.put(box, dovecot.HAM, letter(10))
        assert [each.messages for each in reader().read(again)] == [(), (letter(10),)]

    def test_nothing_there_is_marked_or_moved(self, box, question):
        reader().read(question)
        assert box.select(dovecot.HAM) == ("OK", [b"1"])
        assert box.search(None, "UNSEEN") == ("OK", [b"1"])

    def test_what_is_not_read_at_once_follows_whatever_was_taken_away_meanwhile(self, box, question):
        first = reader().read(replace(question, most=2))
        assert first[0].messages == (letter(1), letter(2))
        box.select(dovecot.WRITTEN[dovecot.SPAM])
        box.store("1,3", "+FLAGS", "\\Deleted")
        box.expunge()
        assert reader().read(after(question, first))[0].messages == (letter(4), letter(5))

    def test_of_an_old_folder_the_newest_are_read(self, question):
        news = reader(newest=2).read(question)
        assert (news[0].messages, news[0].exists) == ((letter(4), letter(5)), 5)

    def test_a_folder_that_was_made_anew_is_read_anew(self, box, question):
        news = reader().read(question)
        box.delete(dovecot.HAM)
        time.sleep(1.1)  # Dovecot's UIDVALIDITY is the second in which the folder was made.
        dovecot.put(box, dovecot.HAM, letter(1))
        assert reader().read(after(question, news))[1].messages == (letter(1),)

    def test_looking_alone_fetches_nothing_and_moves_no_place(self, question):
        news = reader().read(replace(question, most=0))
        assert [(each.exists, each.messages, each.place) for each in news] == [(5, (), NEVER), (1, (), NEVER)]

    def test_too_much_for_once_is_left_for_the_next_time_and_too_large_for_ever(self, box, question, monkeypatch):
        monkeypatch.setattr(lesson_folders, "MAX_MESSAGE_OCTETS", 5_000)
        dovecot.put(box, dovecot.HAM, letter(11, 6_000), letter(12, 4_000), letter(13, 4_000))
        narrow = reader(most_octets=5_000)
        first = narrow.read(question)
        assert (first[1].messages, first[1].passed_over) == ((letter(9), letter(12, 4_000)), 1)
        assert narrow.read(after(question, first))[1].messages == (letter(13, 4_000),)

    def test_by_starttls_it_is_the_same(self, served, question):
        news = reader().read(replace(question, port=served.plain, starts_tls=True))
        assert news[1].messages == (letter(9),)

    def test_what_is_wrong_is_told_apart(self, served, question):
        assert trouble(replace(question, password="wrong")) is FolderTrouble.CREDENTIALS
        assert trouble(replace(question, folders=(("No such", NEVER),))) is FolderTrouble.NO_FOLDER
        assert trouble(replace(question, authority="")) is FolderTrouble.NOT_ENCRYPTED
        assert trouble(replace(question, host="imap.two.example")) is FolderTrouble.NOT_ENCRYPTED
        assert trouble(replace(question, port=served.plain)) is FolderTrouble.NOT_ENCRYPTED
        assert trouble(replace(question, port=free_port())) is FolderTrouble.NO_CONNECTION
        inner = ImapFolders(lambda _name: ("10.0.0.1", "127.0.0.1"), lambda _address: False)
        with pytest.raises(FolderFailed) as failed:
            inner.read(question)
        assert failed.value.trouble is FolderTrouble.NOT_PUBLIC


SIGNED_IN = ["* OK hello", "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK", "+ ", "{tag} OK in"]
OPENED = [*SIGNED_IN, "* 2 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n{tag} OK open"]
SIZED = [*OPENED, "* 1 FETCH (UID 4 RFC822.SIZE 9)\r\n* 2 FETCH (UID 6 RFC822.SIZE 9)\r\n{tag} OK"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    return server_context(folder, dovecot.HOST), (folder / "cert.pem").read_text()


@contextlib.contextmanager
def saying(authority, steps, *, drip_s=0.0, is_clear=False):
    """A server that says one of these to each line it hears, and the last one at its own pace; then it listens on."""
    context, pem = authority

    def serve():
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            plug, _ = listening.accept()
            plug.settimeout(20)
            plug = stack.enter_context(plug if is_clear else context.wrap_socket(plug, server_side=True))
            heard, tag = b"", b""
            for number, step in enumerate(steps):
                while number and b"\r\n" not in heard:
                    piece = plug.recv(4_096)
                    if not piece:
                        return
                    heard += piece
                line, _, heard = heard.partition(b"\r\n") if number else (b"", b"", heard)
                begin = line.partition(b" ")[0]
                tag = begin if begin[:1] == b"e" and begin[1:].isdigit() else tag
                octets = step if isinstance(step, bytes) else f"{step}\r\n".replace("{tag}", tag.decode()).encode()
                if drip_s and number == len(steps) - 1:
                    for at in range(len(octets)):
                        plug.sendall(octets[at : at + 1])
                        time.sleep(drip_s)
                else:
                    plug.sendall(octets)
            while plug.recv(4_096):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        folders = (("Junk", FolderPlace(7, 3)),)
        yield FolderQuestion(dovecot.HOST, listening.getsockname()[1], is_clear, pem, "u", "p", folders, 2)
        thread.join(20)
        assert not thread.is_alive()


GIB_4 = b"* 1 FETCH (UID 4 BODY[] {4294967296}\r\n" + b"x" * 1_000


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (["HTTP/1.1 400 Bad Request"], FolderTrouble.BROKEN_OFF),
        (["* PREAUTH you are somebody"], FolderTrouble.BROKEN_OFF),
        (["* BYE too busy"], FolderTrouble.BROKEN_OFF),
        ([b"* OK " + b"x" * 70_000], FolderTrouble.TOO_LARGE),  # A line without an end.
        ([*SIGNED_IN[:1], b"* 1 EXISTS\r\n" * 2_100], FolderTrouble.TOO_LARGE),
        ([*SIGNED_IN[:1], b"* X {1}\r\nx{1}\r\nx{1}\r\nx{1}\r\nx{1}\r\nx\r\n"], FolderTrouble.TOO_LARGE),
        ([*SIGNED_IN[:1], "+ tell me your password"], FolderTrouble.BROKEN_OFF),
        ([*SIGNED_IN[:1], "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n{tag} OK"], FolderTrouble.REFUSED),
        ([*SIGNED_IN[:1], "* CAPABILITY IMAP4rev1\r\n{tag} OK", "{tag} NO LOGIN"], FolderTrouble.CREDENTIALS),
        ([*SIGNED_IN, "* BYE gone"], FolderTrouble.BROKEN_OFF),
        ([*SIGNED_IN, "* 2 EXISTS\r\n{tag} OK"], FolderTrouble.BROKEN_OFF),  # No UIDVALIDITY.
        ([*SIGNED_IN, "* 2 EXISTS\r\n* OK [UIDVALIDITY 0]\r\n{tag} OK"], FolderTrouble.BROKEN_OFF),
        ([*OPENED, "{tag} OK nothing"], FolderTrouble.BROKEN_OFF),
        ([*OPENED, "* 2 FETCH (UID 0)\r\n{tag} OK"], FolderTrouble.BROKEN_OFF),
        ([*OPENED, "* 2 FETCH (UID 9999999999)\r\n{tag} OK"], FolderTrouble.BROKEN_OFF),
    ],
)
def test_what_is_no_mailbox_is_left(authority, steps, expected):
    with saying(authority, steps) as question:
        assert trouble(question) is expected


FOUND = [*OPENED, "* 2 FETCH (UID 6)\r\n{tag} OK", "* 1 FETCH (UID 4)\r\n{tag} OK"]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (["* 1 FETCH (UID 6 RFC822.SIZE 9)\r\n* 2 FETCH (UID 4 RFC822.SIZE 9)\r\n{tag} OK"], FolderTrouble.BROKEN_OFF),
        (["* 1 FETCH (UID 3 RFC822.SIZE 9)\r\n{tag} OK"], FolderTrouble.BROKEN_OFF),  # Was read before.
        ([SIZED[-1], "* 2 FETCH (UID 6 BODY[] {1}\r\nx)\r\n{tag} OK"], FolderTrouble.BROKEN_OFF),
        ([SIZED[-1], GIB_4], FolderTrouble.TOO_LARGE),
        ([SIZED[-1], b"* 1 FETCH (UID 4 BODY[] {99999999999999999999}\r\n"], FolderTrouble.TOO_LARGE),
        ([SIZED[-1], b"* 1 FETCH (UID 4 BODY[] {1048577}\r\n"], FolderTrouble.TOO_LARGE),
    ],
)
def test_no_message_but_the_one_that_was_asked_for_and_no_larger_one(authority, steps, expected):
    with saying(authority, [*FOUND, *steps]) as question:
        assert trouble(question) is expected


def test_a_message_that_the_server_cannot_read_stops_no_other(authority):
    second = "* 2 FETCH (UID 6 BODY[]<0> {3}\r\nabc)\r\n{tag} OK"
    with saying(authority, [*FOUND, SIZED[-1], "{tag} NO [SERVERBUG]", second]) as question:
        [news] = reader().read(question)
    assert (news.messages, news.passed_over, news.place) == ((b"abc",), 1, FolderPlace(7, 6))


def test_silence_and_drops_end(authority):
    for steps, drip_s in (([b""], 0.0), ([*FOUND, SIZED[-1], GIB_4[:40].replace(b"4294967296", b"90")], 0.05)):
        began = time.monotonic()
        with saying(authority, steps, drip_s=drip_s) as question:
            assert trouble(question, within_s=0.6) is FolderTrouble.BROKEN_OFF
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("{tag} NO not here", FolderTrouble.NOT_ENCRYPTED),
        ("{tag} OK go on\r\n* 1 EXISTS", FolderTrouble.BROKEN_OFF),  # Said in the clear, after the answer.
        ("{tag} OK go on\r\nin the clear for ever", FolderTrouble.BROKEN_OFF),
    ],
)
def test_before_tls_nothing_is_told(authority, answer, expected):
    with saying(authority, ["* OK hello", answer], is_clear=True) as question:
        assert trouble(question) is expected
