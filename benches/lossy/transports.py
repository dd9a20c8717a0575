"""Measures sessions over WebSocket and over datagrams in a real browser, at the same time and over the same lossy line.

    cargo build --release && (cd tests/browser && npm ci) && sudo python3 benches/lossy/transports.py

Prints a table of the interval between ticks and of the latency of inputs. Takes less than 6 minutes. Needs Node and Chromium.
TICKCAST_BIN replaces target/release/tickcast.
"""

import argparse
import json
import pathlib
import subprocess

from line import SERVER_ADDRESS, Line, prepare, unavailable
from lossy import PORT, ROOT, kernel_settings, numbers, program, server

SCRIPT = pathlib.Path(__file__).with_name("transports.mjs")
# The browser gets a little longer than the measurement.
START_S_MAX = 60
EMPTY_WORLD = ["--rocks", "0", "--orbs", "0", "--ai-players", "0", "--round", "0", "--web-dir", str(ROOT / "web")]
COLUMNS = ["loss each way", "transport", "tick interval p50 / p99 / p99.9 ms", "calm: input latency p50 / p99 ms",
           "20 inputs/s: input latency p50 / p99 ms", "ticks, inputs"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loss", type=numbers, default=[0, 2, 5, 10], help="per cent, separated by commas")
    parser.add_argument("--seconds", type=int, default=70, help="duration of the measurement at each loss")
    options = parser.parse_args()
    reason = unavailable()
    if reason is not None:
        print(f"skipped: {reason}")
        return
    prepare()
    print(f"{options.seconds} s per loss, {', '.join(kernel_settings([]))}")
    print(f"| {' | '.join(COLUMNS)} |")
    print(f"| {' | '.join('---' for _ in COLUMNS)} |", flush=True)
    for loss in options.loss:
        for transport, measured in measure(loss, options.seconds).items():
            print(row(loss, transport, measured), flush=True)


def measure(loss, seconds):
    with Line(loss_percent=loss) as line, server(line, 30, *EMPTY_WORLD):
        # With real-time priority, the browser would leave no CPU time to other processes.
        page = ["chrt", "--other", "0", "nice", "-n", "-10", "node", str(SCRIPT), f"http://{SERVER_ADDRESS}:{PORT}", str(seconds)]
        done = subprocess.run(line.inside(line.client, *page), check=True, stdout=subprocess.PIPE, text=True,
                              timeout=seconds + START_S_MAX)
        return json.loads(done.stdout)


def row(loss, transport, measured):
    milliseconds = {name: " / ".join(f"{value:.0f}" for value in values) for name, values in measured["ms"].items()}
    counts = f"{measured['ticks']}, {measured['inputs']}"
    cells = [f"{loss:g} %", transport, milliseconds["interval"], milliseconds["calm"], milliseconds["active"], counts]
    suspicious = "".join(f" {measured[name]} {name}" for name in ("moved", "resyncs") if measured[name] > 0)
    return f"| {' | '.join(map(str, cells))} |{suspicious}"


if __name__ == "__main__":
    main()
