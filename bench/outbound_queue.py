"""The delivery queue with very many messages: how long it takes to start, what it holds in memory, and in which order it serves.

    bench/outbound_queue.py [--messages 100000] [--destinations 1000]

It fills a spool with messages of one client for many domains, and one message of another client for each of ten of them, then
starts a real queue in a process of its own. No mail leaves: an attempt notes whose message it is, and succeeds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import cast

from ecluse.adapters.folder.spool import FolderSpool
from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Direction
from ecluse.domain.queue import Fate, Progress, QueuedMessage, QueuedRecipient
from ecluse.mta.delivery.attempt import Outcome
from ecluse.mta.delivery.deliverer import Deliverer
from ecluse.mta.delivery.providers import Provider
from ecluse.mta.delivery.queue import DeliveryQueue
from ecluse.mta.delivery.schedule import Schedule
from ecluse.ports.outages import Outages

FEW = 10  # Messages of the other client.
SERVED = 2_000  # Attempts that are looked at.


def message(number: int, destinations: int, client: str, now: float) -> QueuedMessage:
    """One to a domain, due for some time."""
    domain = f"d{number % destinations}.example"
    return QueuedMessage(
        id=new_id(),
        direction=Direction.OUTBOUND,
        client=client,
        destination=domain,
        received_at=now,
        queued_at=now,
        sender=Address("ann", "home.example"),
        is_sender_authenticated=True,
        recipients=(QueuedRecipient(Address(f"bob{number}", domain)),),
        next_attempt=now,
        size=20,
    )


async def fill(folder: Path, messages: int, destinations: int) -> None:
    """Put them into the spool; without waiting for the disk, since nobody was promised anything."""
    os.fsync = lambda _fd: None
    spool, now = FolderSpool(folder, reserve_bytes=0), time.time()
    content = MemoryContent(b"Subject: x\r\n\r\nx\r\n")
    for first in range(0, messages, 500):
        numbers = range(first, min(first + 500, messages))
        made = (message(number, destinations, "many", now - 3_600) for number in numbers)
        await asyncio.gather(*(spool.keep(one, content) for one in made))
    for number in range(FEW):
        await spool.keep(message(number, destinations, "few", now), content)
    spool.close()


class NoOutages:
    """Nothing is out of reach."""

    def find(self, _destination: str) -> None:
        """See `Outages.find`."""

    def all(self) -> tuple[()]:
        """See `Outages.all`."""
        return ()


class Noting:
    """In a deliverer's place: each attempt succeeds, and it is known whose it was."""

    def __init__(self, spool: FolderSpool) -> None:
        self.spool = spool
        self.clients: list[str] = []
        self.first, self.enough = asyncio.Event(), asyncio.Event()

    async def serve(self, message: QueuedMessage) -> tuple[QueuedMessage, Outcome]:
        """See `Deliverer.serve`."""
        await asyncio.sleep(0.01)
        self.clients.append(message.client)
        self.first.set()
        if len(self.clients) >= SERVED:
            self.enough.set()
        key = message.recipients[0].address.key
        after = await self.spool.record(message.id, Progress(time.time(), {key: (Fate.DELIVERED, "250 ok")}))
        host = f"mx.{message.destination}"
        return after, Outcome({key: "250 ok"}, {}, {}, is_outage=False, provider=Provider(host, 0))


async def serve(folder: Path) -> dict[str, float]:
    """Start a queue over what is there; its figures."""
    os.fsync = lambda _fd: None
    began, cpu = time.perf_counter(), time.process_time()
    spool = FolderSpool(folder, reserve_bytes=0)
    deliverer = Noting(spool)
    outages, noting = cast("Outages", NoOutages()), cast("Deliverer", deliverer)
    queue = DeliveryQueue(spool, outages, noting, Schedule(), owns=lambda _name: True)
    running = asyncio.create_task(queue.run())
    await deliverer.first.wait()
    start_s, start_cpu_s = time.perf_counter() - began, time.process_time() - cpu
    await deliverer.enough.wait()
    served_s = time.perf_counter() - began - start_s
    queue.end()
    await running
    few = [place for place, client in enumerate(deliverer.clients) if client == "few"]
    last = few[-1] + 1 if len(few) == FEW else -1
    return {
        "start_s": start_s,
        "start_cpu_s": start_cpu_s,  # What it would be with nobody else on the machine, and the folders in memory.
        "peak_mib": peak_mib(),
        "few_served_by": last,
        "attempts_a_second": SERVED / served_s,
    }


def peak_mib() -> float:
    """The most memory that this process had; not getrusage, which begins with what its parent had."""
    status = Path("/proc/self/status").read_text("ascii").splitlines()
    return int(next(line.split()[1] for line in status if line.startswith("VmHWM"))) / 1_024


def measure(messages: int, destinations: int) -> dict[str, float]:
    """Fill a spool, and start a queue in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="ecluse-queue-", dir="/var/tmp") as name:
        asyncio.run(fill(Path(name), messages, destinations))
        shown = subprocess.run([sys.executable, __file__, "--serve", name], check=True, capture_output=True, text=True)
        return json.loads(shown.stdout)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--destinations", type=int, default=1_000)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        sys.stdout.write(json.dumps(asyncio.run(serve(chosen.serve))))
        return
    figures = measure(chosen.messages, chosen.destinations)
    sys.stdout.write("".join(f"{name}: {value:.1f}\n" for name, value in figures.items()))


if __name__ == "__main__":
    main()
