"""The doorbell wakes the owner of a destination and never troubles whoever rings."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ecluse.adapters.unix.doorbell import UnixDoorbell, listen


async def test_the_owner_of_the_destination_hears_the_id(tmp_path: Path) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    transport = await listen(tmp_path, 1, heard.put_nowait)
    bell = UnixDoorbell(tmp_path, len)
    bell.ring("x", "01a2")
    assert await asyncio.wait_for(heard.get(), 30) == "01a2"
    bell.close()
    transport.close()


async def test_a_process_that_is_away_is_simply_not_rung(tmp_path: Path) -> None:
    bell = UnixDoorbell(tmp_path, lambda _: 0)
    bell.ring("x", "01a2")
    bell.close()


async def test_a_successor_takes_over_the_socket_of_a_dead_process(tmp_path: Path) -> None:
    (tmp_path / "delivery-0.sock").touch()
    heard: asyncio.Queue[str] = asyncio.Queue()
    transport = await listen(tmp_path, 0, heard.put_nowait)
    bell = UnixDoorbell(tmp_path, lambda _: 0)
    bell.ring("x", "01a3")
    assert await asyncio.wait_for(heard.get(), 30) == "01a3"
    bell.close()
    transport.close()


async def test_a_process_that_is_busy_hears_all_once_it_is_less_so(tmp_path: Path) -> None:
    """Linux lets few rings wait (`net.unix.max_dgram_qlen`, 10 as it comes): forty at once are more."""
    heard: asyncio.Queue[str] = asyncio.Queue()
    transport = await listen(tmp_path, 0, heard.put_nowait)
    bell = UnixDoorbell(tmp_path, lambda _: 0)
    ids = {f"01a{number}" for number in range(40)}
    for each in ids:
        bell.ring("x", each)
    assert {await asyncio.wait_for(heard.get(), 30) for _ in ids} == ids
    bell.close()
    transport.close()
