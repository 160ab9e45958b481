"""A network of our own: the bench runs where nothing but its own loopback interface exists.

So no measured program can reach, or be reached by, anything else, and its ports never meet those of other programs.
"""

from __future__ import annotations

import ctypes
import fcntl
import resource
import socket
import struct

_CLONE_NEWNET = 0x40000000  # <linux/sched.h>
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1  # netdevice(7)


def isolate() -> bool:
    """Move this process and its future children into an empty network; False where that is not permitted."""
    libc = ctypes.CDLL(None, use_errno=True)  # os.unshare came with Python 3.12.
    if libc.unshare(_CLONE_NEWNET) != 0:
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))
    return True


def is_taken(port: int, host: str = "127.0.0.1") -> bool:
    """Say whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def raise_file_limit(wanted: int) -> None:
    """Let this process and its future children hold so many connections, or as many as the hard limit allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
