"""Measures the page in a real browser over a long and lossy line: jumps of remote ships, corrections, the line indicator.

    cargo build --release && (cd tests/browser && npm ci) && sudo python3 benches/lossy/page.py

Needs Node and Chromium. The other ships belong to bots at the server's end of the line.
"""

import argparse
import json
import pathlib
import subprocess

from line import SERVER_ADDRESS, Line, prepare, unavailable
from lossy import PORT, ROOT, kernel_settings, numbers, program, server

SCRIPT = pathlib.Path(__file__).with_name("page.mjs")
BOTS = 90
# Seconds for which the bots play longer than the page, because the page needs time to start.
START_S = 60
# The world has the size that page.mjs assumes.
EMPTY_WORLD = ["--world-size", "4096", "--rocks", "0", "--orbs", "0", "--ai-players", "0"]
PAGE = ["--web-dir", str(ROOT / "web")]

COLUMNS = ["loss each way", "frames", "jumps of remote ships p99 / p99.9 / max px", "samples", "corrections", "late inputs",
           "delay of remote ships in ticks", "frames by bars of the indicator"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loss", type=numbers, default=[0, 1, 2, 5], help="per cent, separated by commas")
    parser.add_argument("--seconds", type=int, default=120, help="duration of each row")
    options = parser.parse_args()
    reason = unavailable()
    if reason is not None:
        print(f"skipped: {reason}")
        return
    prepare()
    print(f"{BOTS} other ships, {options.seconds} s per row, {', '.join(kernel_settings([]))}")
    print(f"| {' | '.join(COLUMNS)} |")
    print(f"| {' | '.join('---' for _ in COLUMNS)} |", flush=True)
    for loss in options.loss:
        print(row(loss, measure(loss, options.seconds)), flush=True)


def measure(loss, seconds):
    with Line(loss_percent=loss) as line, server(line, 30, *EMPTY_WORLD, *PAGE):
        bots = [program(), "bots", "--url", f"ws://{SERVER_ADDRESS}:{PORT}/ws", "--room", "lossy", "--count", str(BOTS),
                "--behaviour", "wander", "--seconds", str(seconds + START_S)]
        ships = subprocess.Popen(line.inside(line.server, *bots), stdout=subprocess.DEVNULL)
        try:
            # With real-time priority, a browser with software rendering would leave no CPU time to other processes.
            page = ["chrt", "--other", "0", "nice", "-n", "-10"]
            page += ["node", str(SCRIPT), f"http://{SERVER_ADDRESS}:{PORT}", str(seconds)]
            done = subprocess.run(line.inside(line.client, *page), check=True, stdout=subprocess.PIPE, text=True)
            return json.loads(done.stdout)
        finally:
            ships.terminate()
            ships.wait()


def row(loss, measured):
    jumps = measured["jumpPx"]
    bars = ", ".join(f"{bars}: {frames}" for bars, frames in sorted(measured["bars"].items(), reverse=True))
    cells = [f"{loss:g} %", measured["frames"], " / ".join(f"{jumps[name]:.1f}" for name in ("p99", "p999", "max")),
             measured["samples"], measured["corrections"], measured["lateInputs"], f"{measured['delayTicks']:.1f}", bars]
    suspicious = "".join(f" {measured[name]} {name}" for name in ("reconnects", "resyncs") if measured[name] > 0)
    return f"| {' | '.join(map(str, cells))} |{suspicious}"


if __name__ == "__main__":
    main()
