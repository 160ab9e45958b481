"""Bodies by obstore: in its own memory, and over S3 in a real Swift, which may also be away or of another opinion."""

import time
from dataclasses import replace

import pytest

from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Unavailable
from ecluse.entrypoints.doctor import bodies as doctor
from ecluse.entrypoints.doctor.diagnosis import Patient, State
from ecluse.entrypoints.settings_checks import body_store
from ecluse.entrypoints.settings_tables import BodiesSettings, Control, Settings
from ecluse.wire.notations import DomainName
from tests.contract.bodies.contract import BodiesContract
from tests.object_store import IS_HERE, MemoryStore, ObjectBodies, Swift


@pytest.fixture
def now():
    return time.time()


class TestInMemory(BodiesContract):
    @pytest.fixture
    def new(self):
        store = MemoryStore()
        return lambda node: ObjectBodies(lambda: store, node)


@pytest.fixture(scope="module")
def swift(tmp_path_factory):
    swift = Swift(tmp_path_factory.mktemp("swift")).start()
    yield swift
    swift.stop()


@pytest.mark.peers
@pytest.mark.skipif(not IS_HERE, reason="no Swift: scripts/install-test-servers")
class TestOverS3(BodiesContract):
    @pytest.fixture
    def new(self, swift, request):
        folder = f"{swift.url}/{request.node.name.replace('[', '-').rstrip(']')}"
        bucket = replace(swift.bucket, url=folder)
        return lambda node: ObjectBodies(bucket.connect, node)

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"url": "http://127.0.0.1:9/bucket"}, "error sending request"),
            ({"key_id": "test:nobody"}, "403"),
            ({"secret_file": "wrong"}, "403"),
            ({"secret_file": "missing"}, "No such file"),
            ({"url": "/no-such-bucket"}, "NoSuchBucket|404"),
        ],
    )
    def test_what_cannot_be_now_is_told_in_a_line(self, swift, tmp_path, changes, told):
        (tmp_path / "wrong").write_text("another secret")
        if "secret_file" in changes:
            changes = {"secret_file": tmp_path / changes["secret_file"]}
        if changes.get("url", "").startswith("/"):
            changes = {"url": swift.url.rpartition("/")[0] + changes["url"]}
        bodies = ObjectBodies(replace(swift.bucket, **changes).connect, "a.example")
        asks = (
            lambda: bodies.keep("m1", MemoryContent(b"x")),
            lambda: list(bodies.stored()),
            lambda: bodies.remove(["m1"]),
        )
        for asked in asks:
            with pytest.raises(Unavailable, match=told) as caught:
                asked()
            assert "\n" not in str(caught.value)

    def test_the_doctor_tries_all_three_acts(self, swift, tmp_path):
        def told(**changes):
            table = BodiesSettings(**{**swift.settings, "secret_file": swift.secret_file, **changes})
            settings = Settings(hostname=DomainName("d.example"), data_dir=tmp_path, bodies=table)
            [found] = doctor.bodies(Patient(tmp_path, settings, None, asks_routes=False))
            return found.state, found.found

        assert told()[0] is State.OK
        assert list(ObjectBodies(swift.bucket.connect, "d.example").stored()) == []
        state, found = told(key_id="test:nobody")
        assert state is State.FAIL
        assert "403" in found


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"key_id": ""}, "key_id"),
        ({"secret_file": None}, "secret_file"),
        ({"secret_file": "missing"}, "secret_file"),
        ({"url": "https://s3.example:port/bucket"}, "url"),
        ({"control": Control()}, "url"),
    ],
)
def test_half_a_store_stops_the_start(tmp_path, wrong, key):
    (tmp_path / "secret").write_text("x")
    table = {"url": "https://s3.example/bucket", "key_id": "id", "secret_file": "secret", **wrong}
    control = table.pop("control", Control(database="sqlite:///x"))
    file = table["secret_file"] and tmp_path / table["secret_file"]
    bodies = BodiesSettings(**{**table, "secret_file": file})
    settings = Settings(hostname=DomainName("d.example"), data_dir=tmp_path, control=control, bodies=bodies)
    assert [place for place, _ in body_store(settings)] == [("bodies", key)]
