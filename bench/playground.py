"""What the playground costs: bytes to load, and the time to the first answer, cold and with everything kept, in Chromium."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from bench.rounds import median, table
from corsense.browsers import find_browser
from corsense.browsers.installed import is_root
from docs.generator import playground
from tests.playground.served import serving
from tests.playground.test_answers import CURL, RED_LINE, REFUSED

COLD, WARM = 15.0, 5.0
"""Seconds to the first answer that are the aim."""


def first_answer(page: Any, address: str) -> float:
    """Seconds from opening the page, with a message pasted at once, to its answer."""
    start = time.perf_counter()
    page.goto(address)
    page.fill("#pg-text", RED_LINE)
    page.click("#pg-ask")
    page.wait_for_selector("#pg-result:not([hidden])", timeout=120_000)
    return time.perf_counter() - start


def next_answer(page: Any) -> float:
    """Seconds of another kind of question, whose modules are not imported yet."""
    page.click("#pg-clear")
    page.fill("#pg-text", CURL)
    page.evaluate("(text) => { document.getElementById('pg-preflight').value = text; }", REFUSED)
    start = time.perf_counter()
    page.click("#pg-ask")
    page.wait_for_selector("#pg-result:not([hidden])", timeout=120_000)
    return time.perf_counter() - start


def main() -> None:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    rounds = arguments.parse_args().rounds
    cold, warm, other = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        playground.build(Path(folder) / "playground")
        size = playground.compressed_size(Path(folder) / "playground")
        with serving(Path(folder)) as root, sync_playwright() as driver:
            for _ in range(rounds):
                browser = driver.chromium.launch(executable_path=str(find_browser("chromium")), chromium_sandbox=not is_root())
                context = browser.new_context()
                page = context.new_page()
                cold.append(first_answer(page, f"{root}playground/index.html"))
                page.wait_for_timeout(1000)  # what was loaded is being kept
                page.close()
                page = context.new_page()
                warm.append(first_answer(page, f"{root}playground/index.html"))
                other.append(next_answer(page))
                browser.close()
    rows = [
        ["first answer, nothing kept", f"{median(cold):.1f}", f"{COLD:g}"],
        ["first answer, everything kept", f"{median(warm):.1f}", f"{WARM:g}"],
        ["first answer of another kind", f"{median(other):.2f}", ""],
    ]
    print(f"### The playground in Chromium ({rounds} rounds)\n\n{table(['', 'seconds', 'aim'], rows)}\n")
    print(f"{size:,} bytes to load, compressed as servers compress; at most {playground.LARGEST:,}.")


if __name__ == "__main__":
    main()
