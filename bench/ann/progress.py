"""What the harness says on stderr while it works: a bar on a terminal, else lines."""

import sys
import time

WIDTH, SECONDS_BETWEEN_LINES = 28, 20


class Progress:
    """say() prints a line; steps() counts through a phase of known length."""

    def __init__(self, stream=sys.stderr):
        self.stream = stream
        self.bars = stream.isatty()
        self.start = time.monotonic()

    def say(self, text):
        self.clear()
        print(f"[{time.monotonic() - self.start:6.1f} s] {text}", file=self.stream, flush=True)

    def clear(self):
        if self.bars:
            print("\r\x1b[K", end="", file=self.stream, flush=True)

    def steps(self, label, items):
        """Yields the items and shows how many are done."""
        items = list(items)
        printed = time.monotonic()
        for done, item in enumerate(items):
            if self.bars:
                full = WIDTH * done // len(items)
                bar = "█" * full + "░" * (WIDTH - full)
                print(f"\r\x1b[K{bar} {done}/{len(items)} {label}", end="", file=self.stream,
                      flush=True)
            elif time.monotonic() - printed > SECONDS_BETWEEN_LINES:
                printed = time.monotonic()
                self.say(f"{label}: {done} of {len(items)}")
            yield item
        self.clear()
