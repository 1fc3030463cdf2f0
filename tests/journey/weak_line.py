"""A weak uplink between phone and API: 64 kbit/s each way, and one packet in twenty lost.

Where the system permits network namespaces and TUN devices (Linux, also without root), phone and
office stand in two namespaces with nothing between them but this process, which carries IP packets
at that speed and drops some: TCP then does what it does on a weak line. Elsewhere a proxy sends on
at that speed and stalls, as a lost packet stalls TCP, as often.
"""

from __future__ import annotations

import os
import random
import select
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from samples.processes import ROOT
from tests.journey.line_end import LISTEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BITS_PER_SECOND = 64_000
LOSS = 0.05
PACKET = 1400
STALL_SECONDS = 0.5
ADDRESSES = ("10.77.0.1", "10.77.0.2")
NAMESPACE = ("unshare", "--map-root-user", "--net")
END = Path(__file__).with_name("line_end.py")


@dataclass(slots=True)
class Direction:
    """One way of the line, and what it carried."""

    chance: random.Random
    carried: int = 0
    lost: int = 0

    def carry(self, size: int) -> bool:
        """Take as long as `size` bytes take; whether they arrive."""
        time.sleep(size * 8 / BITS_PER_SECOND)
        arrives = self.chance.random() >= LOSS
        self.carried += size
        self.lost += not arrives
        return arrives


@dataclass(slots=True)
class WeakLine:
    """The line in use: where the phone finds the API, and how its program is started there."""

    up: Direction
    down: Direction
    address: str = ""
    prefix: tuple[str, ...] = ()
    over: threading.Event = field(default_factory=threading.Event)
    open: list[socket.socket] = field(default_factory=list)
    works: list[threading.Thread] = field(default_factory=list)

    def start_phone(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command of the reference phone at the far end."""
        command = [*self.prefix, sys.executable, "-m", "samples.phone", *arguments]
        return subprocess.Popen(
            command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def cut(self) -> None:
        """Break every connection without a word of goodbye."""
        at_once = struct.pack("ii", 1, 0)
        while self.open:
            with suppress(OSError), self.open.pop() as end:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
                end.shutdown(socket.SHUT_RDWR)

    def run(self, work: Callable[..., None], *given: object) -> None:
        """Work beside the test until the line is taken down."""
        self.works.append(threading.Thread(target=work, args=(self, *given)))
        self.works[-1].start()

    def take_down(self) -> None:
        """End everything that carries."""
        self.over.set()
        self.cut()
        for work in self.works:
            work.join(10)


@contextmanager
def weak_line(api_port: int, *, seed: str = "weak") -> Iterator[WeakLine]:
    """Put up a line to the API on this port; `seed` decides which packets are lost."""
    line = WeakLine(random_way(seed, "up"), random_way(seed, "down"))
    with ExitStack() as stack:
        played_here = not has_namespaces()
        if played_here:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))
        else:
            listener = _between_namespaces(line, stack)
        stack.callback(line.take_down)
        host, port = listener.getsockname()[:2]
        line.address = f"http://{host}:{port}"
        line.run(_accept, listener, api_port, played_here)
        yield line


def random_way(seed: str, name: str) -> Direction:
    """Return one way of a line that loses the same packets each time."""
    return Direction(random.Random(f"{seed} {name}"))


def has_namespaces() -> bool:
    """Whether this system lets us make network namespaces with a device in them."""
    device = f'{sys.executable} -c \'open("/dev/net/tun", "r+b", 0)\' && ip link show >/dev/null'
    try:
        done = subprocess.run([*NAMESPACE, "sh", "-c", device], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def _between_namespaces(line: WeakLine, stack: ExitStack) -> socket.socket:
    """Put office and phone into two namespaces; return the office's listening socket."""
    _, (office, listener) = _open_end(stack, ADDRESSES, LISTEN)
    process, (phone,) = _open_end(stack, ADDRESSES[::-1], "phone")
    for source, target, way in ((phone, office, line.up), (office, phone, line.down)):
        stack.callback(os.close, source)
        line.run(_carry_packets, source, target, way)
    line.prefix = ("nsenter", "--preserve-credentials", "-U", "-n", "-t", str(process.pid), "--")
    return stack.enter_context(socket.socket(fileno=listener))


def _open_end(
    stack: ExitStack, addresses: tuple[str, ...], role: str
) -> tuple[subprocess.Popen[bytes], list[int]]:
    """Start one end; return its process and what it handed over."""
    ours, theirs = socket.socketpair()
    with theirs:
        command = [*NAMESPACE, sys.executable, str(END), str(theirs.fileno()), *addresses, role]
        end = subprocess.Popen(command, pass_fds=[theirs.fileno()])
    stack.callback(end.wait, 10)
    stack.callback(ours.close)
    _, descriptors, _, _ = socket.recv_fds(ours, 1, 2)
    return end, descriptors


def _carry_packets(line: WeakLine, source: int, target: int, way: Direction) -> None:
    """Carry IP packets from one device to the other."""
    while not line.over.is_set():
        if not select.select([source], [], [], 0.1)[0]:
            continue
        packet = os.read(source, 65536)
        if way.carry(len(packet)):
            os.write(target, packet)


def _accept(line: WeakLine, listener: socket.socket, port: int, played_here: bool) -> None:  # noqa: FBT001
    """Connect whoever comes with the API."""
    listener.settimeout(0.1)
    while not line.over.is_set():
        with suppress(TimeoutError):
            near, _ = listener.accept()
            far = socket.create_connection(("127.0.0.1", port))
            line.open += [near, far]
            line.run(_pump, near, far, line.up if played_here else None)
            line.run(_pump, far, near, line.down if played_here else None)


def _pump(
    _line: WeakLine, source: socket.socket, target: socket.socket, way: Direction | None
) -> None:
    """Send on what comes; on a line that is played here slowly, and with stalls."""
    with suppress(OSError):
        while data := source.recv(PACKET):
            if way and not way.carry(len(data)):
                time.sleep(STALL_SECONDS)
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
