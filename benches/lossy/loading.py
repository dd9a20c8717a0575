"""Measures how long the page takes to load over a long line without loss, in a real browser.

    cargo build --release && (cd tests/browser && npm ci) && sudo python3 benches/lossy/loading.py

Needs Node and Chromium. TICKCAST_BIN replaces target/release/tickcast.
"""

import argparse
import json
import pathlib
import subprocess

from line import SERVER_ADDRESS, Line, prepare, unavailable
from lossy import PORT, kernel_settings, server

SCRIPT = pathlib.Path(__file__).with_name("loading.mjs")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--round-trip", type=float, default=150, help="milliseconds")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--locale", default="en-US", help="language of the browser")
    options = parser.parse_args()
    reason = unavailable()
    if reason is not None:
        print(f"skipped: {reason}")
        return
    prepare()
    print(f"round trip {options.round_trip:g} ms, {options.locale}, {', '.join(kernel_settings([]))}")
    with Line(options.round_trip / 2, jitter_ms=0) as line, server(line, 30, "--data-dir", "off"):
        page = ["chrt", "--other", "0", "node", str(SCRIPT), f"http://{SERVER_ADDRESS}:{PORT}", str(options.runs), options.locale]
        done = subprocess.run(line.inside(line.client, *page), check=True, stdout=subprocess.PIPE, text=True)
    for name, ms in json.loads(done.stdout).items():
        ms.sort()
        print(f"{name}: menu after {ms[len(ms) // 2]:.0f} ms (median of {len(ms)}; {ms[0]:.0f} to {ms[-1]:.0f} ms)")


if __name__ == "__main__":
    main()
