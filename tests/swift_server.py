"""OpenStack Swift on one loopback port, whole, in one process; run by Debian's own Python, all of whose sockets are green.

Its `s3api` speaks S3, with signatures. One device, one replica; the storage servers behind it are in the same process.
"""

import logging
import sys
from pathlib import Path

import eventlet
import eventlet.wsgi
from swift.common import utils, wsgi
from swift.common.ring import RingBuilder

STORAGE = {"account": 1, "container": 2, "object": 3}  # Server -> how far its port is from the first.
ACCESS_KEY, SECRET_KEY = "test:tester", "testing"
SERVER_CONF = """\
[DEFAULT]
devices = {folder}/devices
swift_dir = {folder}
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
[pipeline:main]
pipeline = {name}-server
[app:{name}-server]
use = egg:swift#{name}
"""
PROXY_CONF = """\
[DEFAULT]
swift_dir = {folder}
[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats s3api tempauth slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:9
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_{user} = {secret} .admin
[filter:slo]
use = egg:swift#slo
"""


def main(folder: Path, port: int) -> None:
    """Serve until killed."""
    logging.disable(logging.CRITICAL)
    (folder / "devices" / "d1").mkdir(parents=True, exist_ok=True)
    (folder / "swift.conf").write_text(
        "[swift-hash]\nswift_hash_path_suffix = tests\n[storage-policy:0]\nname = one\ndefault = yes\n"
    )
    for name, distance in STORAGE.items():
        _write_ring(folder / f"{name}.ring.gz", port + distance)
    utils.set_swift_dir(str(folder))
    for name, distance in STORAGE.items():
        config = folder / f"{name}-server.conf"
        config.write_text(SERVER_CONF.format(folder=folder, name=name))
        eventlet.spawn(_serve, config, port + distance)
    config = folder / "proxy-server.conf"
    user = ACCESS_KEY.replace(":", "_")
    config.write_text(PROXY_CONF.format(folder=folder, user=user, secret=SECRET_KEY))
    _serve(config, port)


def _write_ring(path: Path, port: int) -> None:
    builder = RingBuilder(part_power=1, replicas=1, min_part_hours=0)
    builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "d1", "weight": 1.0})
    builder.rebalance()
    builder.get_ring().save(str(path))


def _serve(config: Path, port: int) -> None:
    app = wsgi.loadapp(str(config), global_conf={"log_name": config.stem})
    listener = eventlet.listen(("127.0.0.1", port))
    eventlet.wsgi.server(listener, app, log_output=False)


if __name__ == "__main__":
    main(Path(sys.argv[-2]), int(sys.argv[-1]))
