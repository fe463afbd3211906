"""`app.py` with the pulse in one room (BENCH_PULSE_ROOM)."""

from __future__ import annotations

from ml_utils.web.async_mode import patch

patch()

from app import main  # noqa: E402
from benchmarks.pulse import PulseLauncher  # noqa: E402

if __name__ == "__main__":
    main(PulseLauncher)
