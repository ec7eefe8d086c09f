"""`python -m msp_report.portfolio.tied …`: `msp-report …`, ended with the process that started it, however that ends.

Its standard input is a pipe of which that process holds the other end. A month that nobody waits for would go on for
minutes, and a second one of the same client may be begun elsewhere.
"""

from __future__ import annotations

import os
import signal
import threading
import time

from msp_report import cli

#: How long it may take to tidy up [s].
GRACE = 10.0


def main() -> None:
    """The entry point."""
    threading.Thread(target=_end_with_the_other, daemon=True).start()
    cli.main()


def _end_with_the_other() -> None:
    while os.read(0, 1):  # not through sys.stdin, which a thread must not hold when Python ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(cli.FAILED)


if __name__ == "__main__":
    main()
