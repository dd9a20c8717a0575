"""Measures the server and its bots over a long and lossy line, with the operating system's own TCP.

    cargo build --release && sudo python3 benches/lossy/lossy.py

Prints a table of the interval between snapshots and of the latency of inputs. TICKCAST_BIN replaces target/release/tickcast.
"""

import argparse
import contextlib
import json
import os
import pathlib
import subprocess
import tempfile

from line import DELAY_MS, JITTER_MS, NETWORK, SERVER_ADDRESS, Line, prepare, unavailable

ROOT = pathlib.Path(__file__).resolve().parents[2]
PORT = 8080
# Behaviour of the bots. Calm bots change their controls about once per second. Active bots change them in nearly every tick,
# because they follow a target.
CLIENTS = {"calm": "wander", "active": "hunt"}
# Time after the last join in which TCP's estimates settle.
SETTLE_S = 5
STOP_S_MAX = 10


def main():
    options = parse_options()
    reason = unavailable()
    if reason is not None:
        # This is not an error, so that scripts can also run the benchmark on machines where it cannot measure.
        print(f"skipped: {reason}")
        return
    prepare()
    print(f"{options.bots} bots, {options.transport}, {options.tick_rate} ticks/s, {options.delay:g} ± {options.jitter:g} ms each way,"
          f" {options.seconds} s per row, {', '.join(kernel_settings(options.sysctl))}")
    print("| loss each way | clients | snapshot interval p50 / p99 / p99.9 / max ms | input latency p50 / p99 / p99.9 / max ms |")
    print("| --- | --- | --- | --- |", flush=True)
    for loss in options.loss:
        for clients in options.clients:
            report = measure(options, loss, CLIENTS[clients])
            cells = [percentiles(report[name]) for name in ("snapshot_interval_ms", "input_latency_ms")]
            print(f"| {loss:g} % | {clients} | {' | '.join(cells)} |{remarks(report)}", flush=True)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loss", type=numbers, default=[0, 1, 2, 5], help="per cent, separated by commas")
    parser.add_argument("--clients", type=lambda text: text.split(","), default=list(CLIENTS), help="calm, active or both")
    parser.add_argument("--seconds", type=int, default=240, help="duration of each row")
    parser.add_argument("--bots", type=int, default=20)
    parser.add_argument("--others", type=int, default=0, help="number of further bots in the room, which are not measured")
    parser.add_argument("--tick-rate", type=int, default=30)
    parser.add_argument("--delay", type=float, default=DELAY_MS, help="milliseconds each way")
    parser.add_argument("--jitter", type=float, default=JITTER_MS, help="milliseconds each way")
    parser.add_argument("--lead", default="1", help="as for tickcast bots")
    parser.add_argument("--transport", default="websocket", help="as for tickcast bots")
    parser.add_argument("--sysctl", action="append", default=[], metavar="NAME=VALUE",
                        help="setting of the kernel on both sides, such as net.ipv4.tcp_congestion_control=cubic")
    parser.add_argument("--quick-ack", action="store_true", help="the clients' system acknowledges every packet at once")
    options = parser.parse_args()
    for clients in options.clients:
        if clients not in CLIENTS:
            parser.error(f"--clients: {clients} is neither of {', '.join(CLIENTS)}")
    return options


def numbers(text):
    return [float(number) for number in text.split(",")]


def kernel_settings(sysctls):
    """The settings of the kernel that matter most, with those of the options."""
    congestion_control = pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()
    return [f"Linux {os.uname().release}", f"net.ipv4.tcp_congestion_control={congestion_control}", *sysctls]


def measure(options, loss, behaviour):
    """Runs the server and the bots on a line of their own. Returns the report of the bots."""
    with Line(options.delay, options.jitter, loss, options.sysctl, options.quick_ack) as line, tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        with server(line, options.tick_rate, "--room-size", str(max(100, options.bots + options.others))):
            bots = ["bots", "--url", f"ws://{SERVER_ADDRESS}:{PORT}/ws", "--count", options.bots, "--behaviour", behaviour,
                    "--room", "lossy",
                    "--seconds", options.seconds, "--settle", SETTLE_S, "--lead", options.lead, "--transport", options.transport, "--json", report]
            with others(line, options):
                subprocess.run(line.inside(line.client, program(), *map(str, bots)), check=True, stdout=subprocess.DEVNULL)
            datagram_bytes = mean_datagram_bytes(line)
        return {**json.loads(report.read_text()), "datagram_bytes": datagram_bytes}


@contextlib.contextmanager
def others(line, options):
    """Runs further bots at the server's end of the line, over WebSocket."""
    if options.others == 0:
        yield
        return
    bots = ["bots", "--url", f"ws://{SERVER_ADDRESS}:{PORT}/ws", "--count", options.others, "--room", "lossy", "--seconds", 86_400,
            "--verify", 0]
    process = subprocess.Popen(line.inside(line.server, program(), *map(str, bots)), stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def mean_datagram_bytes(line):
    """Mean size of the datagrams that the server has sent, or `None` if it has sent none."""
    scrape = line.inside(line.server, "curl", "-s", "http://127.0.0.1:9464/metrics")
    page = subprocess.run(scrape, check=True, stdout=subprocess.PIPE, text=True).stdout
    samples = dict(sample.rsplit(" ", 1) for sample in page.splitlines() if not sample.startswith("#"))
    sent, size = (float(samples[f"tickcast_datagrams_sent{unit}_total"]) for unit in ("", "_bytes"))
    return size / sent if sent > 0 else None


@contextlib.contextmanager
def server(line, tick_rate, *options):
    """Runs a server at the server's end of the line."""
    command = [program(), "serve", "--listen", f"{SERVER_ADDRESS}:{PORT}", "--tick-rate", str(tick_rate), *options]
    # All clients have the same address. It is exempt from the limits per client, which this benchmark does not measure.
    command += ["--exempt-network", NETWORK, "--datagrams", "on"]
    process = subprocess.Popen(line.inside(line.server, *command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        if "tickcast serves" not in process.stdout.readline():
            raise RuntimeError("the server did not start")
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def program():
    """The program to measure."""
    return os.environ.get("TICKCAST_BIN", str(ROOT / "target/release/tickcast"))


def percentiles(durations):
    return " / ".join(f"{durations[name]:.0f}" for name in ("p50", "p99", "p999", "max"))


def remarks(report):
    """The mean size of datagrams, and the counts of errors. A row with errors is not reliable."""
    counts = {name: report[name] for name in ("failed", "disconnects", "decode_errors", "desyncs")}
    size = "" if report["datagram_bytes"] is None else f" {report['datagram_bytes']:.1f} bytes per datagram"
    return size + "".join(f" {count} {name}" for name, count in counts.items() if count > 0)


if __name__ == "__main__":
    main()
