"""One end of a weak line, in a network namespace of its own (started by `weak_line.py`).

Makes a TUN device there, and at the office's end a listening socket, hands both to the process that
plays the line between the two ends, and keeps the namespace until that process is done.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA  # linux/if_tun.h
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
DEVICE = "weak0"
MTU = "1400"
LISTEN = "listen"


def open_device(address: str, other: str) -> int:
    """Return the file descriptor of a new TUN device with this address, `other` behind it."""
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
    for command in (
        ("ip", "addr", "add", address, "peer", other, "dev", DEVICE),
        ("ip", "link", "set", "dev", DEVICE, "mtu", MTU, "up"),
    ):
        subprocess.run(command, check=True)
    return device


def main(descriptor: str, address: str, other: str, role: str) -> None:
    """Hand over what the line needs, then wait for its end."""
    with socket.socket(fileno=int(descriptor)) as line:
        handed = [open_device(address, other)]
        if role == LISTEN:
            listener = socket.create_server((address, 0), backlog=64)
            handed.append(listener.fileno())
        socket.send_fds(line, [b"."], handed)
        line.recv(1)  # nothing comes; the other side closes when the line is taken down


if __name__ == "__main__":
    main(*sys.argv[1:])
