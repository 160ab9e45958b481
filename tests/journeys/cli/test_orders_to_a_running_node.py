"""What a person orders reaches the processes of a running node at once."""

from __future__ import annotations

import json

from tests.journeys.cli.conftest import POLICY, eventually, received

HAM = b"From: eve@e.example\r\nDate: Wed, 25 Nov 2026 08:00:00 +0000\r\nSubject: hello\r\n\r\nhello\r\n"
# In pieces, so that no scanner takes this file for the test file itself.
SPAM = HAM + b"XJS*C4JDBQADN1.NSBN3*2IDNEN*" + b"GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"
AT_ONCE_S = 10.0  # The queue looks into the spool by itself only every 60 s.


def log(node, *options):
    return [json.loads(line) for line in node.run("log", "--json", *options).out.splitlines()]


def test_a_queued_message_is_seen_held_resumed_and_delivered(node, client_server):
    node.configure("first_retry_s = 3000\nprobe_s = 1")
    node.start()
    assert node.send(HAM, "bob@a.example").startswith("250")
    eventually(lambda: node.run("queue", "list", "--json").json[0]["attempts"] == 1)
    [queued] = node.run("queue", "list", "--json").json
    assert (queued["sender"], queued["recipients"]) == ("eve@e.example", ["bob@a.example"])
    assert queued["outage_since"] is not None
    assert node.run("queue", "hold", queued["id"]).code == 0
    (node.folder / "policy.toml").write_text(POLICY.format(next_hop=client_server.port), "utf-8")
    assert node.run("queue", "resume", "--all").code == 0
    eventually(lambda: node.run("queue", "list", "--json").json == [], AT_ONCE_S)
    assert b"Subject: hello" in received(client_server)[0]
    [message] = log(node)
    assert message["recipients"][0]["what"] == "delivered"
    assert node.stop() == 0


def test_a_deleted_message_is_not_delivered(node):
    node.start()
    node.send(HAM, "bob@a.example")
    eventually(lambda: not node.run("queue", "delete", "--all", "--yes").code)
    assert node.run("queue", "list", "--json").json == []
    [message] = log(node, "--verdict", "deleted")
    assert message["recipients"][0]["reply"].startswith("deleted by command line")


def test_a_held_message_is_released_and_delivered_at_once(node, client_server):
    (node.folder / "policy.toml").write_text(POLICY.format(next_hop=client_server.port), "utf-8")
    node.start()
    assert node.send(SPAM, "ann@a.example", "bob@a.example").startswith("250")
    [held] = node.run("quarantine", "list", "--json").json
    assert (held["client"], held["recipients"]) == ("A", ["bob@a.example"])
    assert (held["verdict"], held["category"]) == ("refuse", "Q")
    assert node.run("quarantine", "release", held["id"]).code == 0
    eventually(lambda: len(received(client_server)) == 2, AT_ONCE_S)
    assert node.run("quarantine", "list", "--json").json == []
    eventually(lambda: fates(node) == {"ann@a.example": "relayed", "bob@a.example": "delivered"})
    assert log(node)[0]["recipients"][1]["category"] == "N"


def test_a_held_message_is_released_while_the_others_wait_for_their_copy(node, client_server):
    node.configure("first_retry_s = 3000\nprobe_s = 1")
    node.start()
    assert node.send(SPAM, "ann@a.example", "bob@a.example").startswith("250")
    eventually(lambda: node.run("queue", "list", "--json").json[0]["attempts"] == 1)
    [held] = node.run("quarantine", "list", "--json").json
    assert held["recipients"] == ["bob@a.example"]
    assert node.run("quarantine", "release", held["id"]).code == 0
    waiting = {one["id"]: one["recipients"] for one in node.run("queue", "list", "--json").json}
    assert waiting.pop(held["id"]) == ["ann@a.example"]
    [(released, recipients)] = waiting.items()
    assert released.startswith(f"{held['id']}r")
    assert recipients == ["bob@a.example"]
    (node.folder / "policy.toml").write_text(POLICY.format(next_hop=client_server.port), "utf-8")
    eventually(lambda: len(received(client_server)) == 2)
    eventually(lambda: node.run("queue", "list", "--json").json == [])
    ends = {one["address"]: one["what"] for message in log(node) for one in message["recipients"]}
    assert ends == {"ann@a.example": "delivered", "bob@a.example": "delivered"}


def fates(node):
    return {one["address"]: one["what"] for one in log(node)[0]["recipients"]}


def test_json_is_all_that_is_printed_beside_a_running_node(node):
    node.start()
    node.send(HAM, "bob@a.example")
    for command in (("queue", "list"), ("quarantine", "list"), ("log",), ("doctor",)):
        lines = node.run(*command, "--json").out.splitlines()
        assert lines
        for line in lines:
            json.loads(line)


def test_a_second_node_in_the_same_place_says_why_it_cannot_start(node):
    node.start()
    said = node.run("mta")
    assert said.code == 2
    assert f"cannot listen on 127.0.0.1:{node.port}" in said.err.splitlines()[-1]
    assert node.send(HAM, "bob@a.example").startswith("250")
