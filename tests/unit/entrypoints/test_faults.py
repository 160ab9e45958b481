"""What is logged of a fault of ours: where and of what kind it was, and nothing of what it quotes (15-8)."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
import structlog

from ecluse.entrypoints import logs
from ecluse.entrypoints.faults import MAX_FAULTS, describe_fault
from ecluse.wire.mime.suffixes import suffixes

SECRET = "Dear <ann@client.example>,\nyour password is hunter2"


@pytest.fixture(autouse=True)
def _logging():
    before = logging.root.handlers[:], logging.root.level, structlog.get_config()
    yield
    logging.root.handlers[:], logging.root.level = before[:2]
    structlog.configure(**before[2])


def fault() -> Exception:
    """One that quotes mail, and was caused by another that does, in a group with a third."""
    try:
        try:
            suffixes(None)  # type: ignore[arg-type]  # a fault of ours
        except Exception as cause:
            cause.args = (SECRET,)
            cause.add_note(SECRET)
            raise ExceptionGroup(SECRET, [KeyError(SECRET)]) from cause
    except ExceptionGroup as problem:
        return problem


def is_clean(text: str) -> bool:
    return not any(word in text for word in ("Dear", "ann@", "client.example", "hunter2"))


def test_a_fault_is_told_by_kind_and_place_and_never_by_its_text(capsys):
    logs.configure("info")
    try:
        raise fault()
    except ExceptionGroup:
        structlog.get_logger().exception("message deferred by a fault of ours", id="m1")
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "message deferred by a fault of ours"
    assert line["id"] == "m1"
    assert "exc_info" not in line
    assert line["exception"].startswith("ExceptionGroup\nKeyError\n")
    assert "wire/mime/suffixes.py:" in line["exception"]
    assert " in suffixes" in line["exception"]
    assert is_clean(json.dumps(line))


@pytest.mark.parametrize("given", [fault(), (ExceptionGroup, fault(), None)])
def test_a_fault_may_be_handed_over_in_any_form(capsys, given):
    logs.configure("info")
    structlog.get_logger().error("off", exc_info=given)
    line = json.loads(capsys.readouterr().err)
    assert "KeyError" in line["exception"]
    assert is_clean(json.dumps(line))


def test_a_line_without_a_fault_stays_as_it_is(capsys):
    logs.configure("info")
    structlog.get_logger().warning("off", exc_info=None, problem="no answer")
    line = json.loads(capsys.readouterr().err)
    assert "exception" not in line
    assert line["problem"] == "no answer"


def test_what_asyncio_says_of_a_lost_task_quotes_nothing(capsys):
    """Its own line shows the exception, and the arguments of whatever was called."""
    logs.configure("info")

    def fail(_text: str) -> None:
        raise fault()

    async def lose() -> None:
        asyncio.get_running_loop().call_soon(fail, SECRET)
        await asyncio.sleep(0.01)

    asyncio.run(lose())
    told = capsys.readouterr().err
    assert told.startswith("ERROR asyncio ExceptionGroup")
    assert is_clean(told)


def test_other_lines_of_libraries_stay_as_they_are(capsys):
    logs.configure("info")
    logging.getLogger("library").warning("%d sockets", 3)
    assert capsys.readouterr().err == "WARNING library 3 sockets\n"


def test_a_long_chain_of_causes_is_cut():
    problem = ValueError("0")
    for number in range(50):
        following = ValueError(str(number))
        following.__cause__ = problem
        problem = following
    assert describe_fault(problem) == "\n".join(["ValueError"] * MAX_FAULTS)


def test_a_circle_of_causes_ends():
    one, other = ValueError(SECRET), KeyError(SECRET)
    one.__cause__, other.__cause__ = other, one
    assert describe_fault(one) == "ValueError\nKeyError"
