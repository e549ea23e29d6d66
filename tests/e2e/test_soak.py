"""The soak of `benchmarks/soak.py` for a moment and without the screen: hooks, reports, ingests and growing logs at once.

`CCMETER_TEST_SOAK_S=600 pytest tests/e2e/test_soak.py` is the long one; the script itself has the screen, too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SECONDS = float(os.environ.get("CCMETER_TEST_SOAK_S", "20"))
SCRIPT = Path(__file__).parents[2] / "benchmarks" / "soak.py"


def test_everything_at_once() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--seconds", str(SECONDS), "--no-monitor", "--json"],
        capture_output=True,
        text=True,
        timeout=SECONDS + 120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["errors"] == []
    assert told["readings"] > SECONDS
    assert told["messages"] > SECONDS
