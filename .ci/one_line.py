"""Shows standard input as one line that changes; in a log, as a line every ten seconds."""

import sys
import time

WIDTH = 100
SECONDS = 10

terminal = sys.stdout.isatty()
said = time.monotonic()
for line in sys.stdin:
    if terminal:
        print(f"\r\033[K  {line.rstrip()[:WIDTH]}", end="", flush=True)
    elif time.monotonic() - said > SECONDS:
        print(f"  {line.rstrip()[:WIDTH]}", flush=True)
        said = time.monotonic()
print("\r\033[K  done" if terminal else "  done")
