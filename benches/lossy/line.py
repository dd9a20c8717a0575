"""An emulated line with delay and packet loss between two network namespaces. Programs use the operating system's own TCP.

Each namespace has one TUN device. A process reads the packets of both devices and drops some of them at random. It delays each
remaining packet and writes it to the other device. Packets stay in order. Needs root and /dev/net/tun, but not netem.

    python3 line.py --delay 40 --jitter 8 --loss 1        until Ctrl+C; prints the names of the namespaces
"""

import argparse
import contextlib
import fcntl
import heapq
import os
import random
import select
import signal
import struct
import subprocess
import sys
import time

NETWORK = "10.99.0.0/24"
SERVER_ADDRESS = "10.99.0.1"
CLIENT_ADDRESS = "10.99.0.2"
TUN_DEVICE = "/dev/net/tun"
# From linux/if_tun.h: create a device that carries IP packets without a further header.
TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
MTU = 1500
# Packets read from a device before the other one gets its turn.
READS_MAX = 64
# Real-time priority: otherwise, other processes of the machine would add to the delay.
PRIORITY = 10
DELAY_MS, JITTER_MS = 40.0, 8.0


def unavailable():
    """Returns the reason why this machine cannot emulate a line, or `None` if it can."""
    if sys.platform != "linux":
        return "network namespaces need Linux"
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not os.access(TUN_DEVICE, os.R_OK | os.W_OK):
        return f"{TUN_DEVICE} is not accessible"
    return None


class Line:
    """A running line. Use it in a `with` statement, which removes the namespaces at the end."""

    def __init__(self, delay_ms=DELAY_MS, jitter_ms=JITTER_MS, loss_percent=0.0, sysctls=(), quick_ack=False):
        names = (f"lossy-server-{os.getpid()}", f"lossy-client-{os.getpid()}")
        self.server, self.client = names
        self.loss_percent = loss_percent
        self._parameters = [f"{value:g}" for value in (delay_ms, jitter_ms, loss_percent)]
        self._sysctls = sysctls
        self._quick_ack = quick_ack
        self._process = None

    def __enter__(self):
        command = [sys.executable, __file__, "--forward", self.server, self.client, *self._parameters]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self._process.stdout.readline() != "up\n":
            self._process.wait()
            raise RuntimeError("the line did not start")
        for namespace in (self.server, self.client):
            for setting in self._sysctls:
                subprocess.run(self.inside(namespace, "sysctl", "-qw", setting), check=True)
        if self._quick_ack:
            # The client's system acknowledges every packet at once.
            route = [NETWORK, "dev", device_name(1, self._process.pid), "src", CLIENT_ADDRESS, "quickack", "1"]
            subprocess.run(["ip", "-n", self.client, "route", "change", *route], check=True)
        return self

    def __exit__(self, *_):
        # The process ends when its standard input is closed. It therefore also ends if its parent is killed.
        self._process.stdin.close()
        self.packets, self.dropped = (int(word) for word in self._process.stdout.readline().split())
        self._process.wait()

    @staticmethod
    def inside(namespace, *command):
        """The command that runs `command` in a namespace. It ends with this process, even if this process is killed."""
        return ["setpriv", "--pdeathsig", "TERM", "ip", "netns", "exec", namespace, *command]


def prepare():
    """Gives this process, and those that it starts later, precedence over the other processes of the machine.

    Also makes SIGINT and SIGTERM raise an exception, so that `with` statements stop what they have started.
    """
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda number, _: sys.exit(128 + number))
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(PRIORITY))


def forward(server, client, delay_s, jitter_s, loss):
    """Creates the namespaces, forwards packets until the standard input ends, and removes the namespaces."""
    prepare()
    with contextlib.ExitStack() as stack:
        devices = []
        for number, (namespace, address) in enumerate(((server, SERVER_ADDRESS), (client, CLIENT_ADDRESS))):
            subprocess.run(["ip", "netns", "add", namespace], check=True)
            stack.callback(subprocess.run, ["ip", "netns", "delete", namespace], check=False)
            devices.append(stack.enter_context(open_tun(device_name(number, os.getpid()), namespace, address)))
        # From here on, only the end of the standard input ends the process. Ctrl+C is sent to all processes of a terminal,
        # and would otherwise end this process before its parent.
        for ignored in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ignored, signal.SIG_IGN)
        print("up", flush=True)
        packets, dropped = forward_packets([device.fileno() for device in devices], delay_s, jitter_s, loss)
        print(packets, dropped, flush=True)


def device_name(number, process):
    """The name of the server's device if `number` is 0, and of the client's device if it is 1."""
    return f"lossy{number}-{process}"


def open_tun(name, namespace, address):
    """Opens a TUN device, and configures it in a namespace."""
    device = os.fdopen(os.open(TUN_DEVICE, os.O_RDWR | os.O_NONBLOCK), "r+b", buffering=0)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    for command in (
        ["ip", "link", "set", name, "netns", namespace],
        ["ip", "-n", namespace, "address", "add", f"{address}/24", "dev", name],
        ["ip", "-n", namespace, "link", "set", name, "up"],
        ["ip", "-n", namespace, "link", "set", "lo", "up"],
    ):
        subprocess.run(command, check=True)
    return device


def forward_packets(devices, delay_s, jitter_s, loss):
    """Forwards packets between two devices. Returns the numbers of packets seen and dropped."""
    other = dict(zip(devices, reversed(devices)))
    due_last = dict.fromkeys(devices, 0.0)
    queue = []
    packets = dropped = 0
    while True:
        wait = max(0.0, queue[0][0] - time.monotonic()) if queue else None
        readable, _, _ = select.select([*devices, sys.stdin.fileno()], [], [], wait)
        if sys.stdin.fileno() in readable:
            return packets, dropped
        now = time.monotonic()
        for device in readable:
            for packet in read_packets(device):
                packets += 1
                if random.random() < loss:
                    dropped += 1
                    continue
                due = max(now + delay_s + random.uniform(-jitter_s, jitter_s), due_last[device])
                due_last[device] = due
                heapq.heappush(queue, (due, packets, other[device], packet))
        while queue and queue[0][0] <= time.monotonic():
            _, _, device, packet = heapq.heappop(queue)
            # If the device's queue is full, the packet is dropped, as on a real line.
            with contextlib.suppress(OSError):
                os.write(device, packet)


def read_packets(device):
    """Reads the packets that wait in a device."""
    for _ in range(READS_MAX):
        try:
            yield os.read(device, MTU)
        except BlockingIOError:
            return


def main():
    if sys.argv[1:2] == ["--forward"]:
        server, client, delay_ms, jitter_ms, loss_percent = sys.argv[2:]
        forward(server, client, float(delay_ms) / 1e3, float(jitter_ms) / 1e3, float(loss_percent) / 100)
        return
    parser = argparse.ArgumentParser(description="Joins two network namespaces by a long and lossy line.")
    parser.add_argument("--delay", type=float, default=DELAY_MS, help="milliseconds each way")
    parser.add_argument("--jitter", type=float, default=JITTER_MS, help="maximum deviation from the delay in milliseconds")
    parser.add_argument("--loss", type=float, default=0.0, help="per cent of the packets each way")
    options = parser.parse_args()
    reason = unavailable()
    if reason is not None:
        sys.exit(f"error: {reason}")
    with Line(options.delay, options.jitter, options.loss) as line:
        print(f"ip netns exec {line.server} COMMAND    # address {SERVER_ADDRESS}")
        print(f"ip netns exec {line.client} COMMAND    # address {CLIENT_ADDRESS}")
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
