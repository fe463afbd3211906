"""`app.py` with the pulse in one room (BENCH_PULSE_ROOM)."""

from __future__ import annotations

from ml_utils.web.async_mode import patch

patch()

from app import create_app  # noqa: E402
from benchmarks.pulse import PulseLauncher  # noqa: E402
from ml_utils.web.async_mode import serve  # noqa: E402
from ml_utils.web.config import Config  # noqa: E402

if __name__ == "__main__":
    from ml_utils.web import lab as lab_module

    lab_module.local_launcher = PulseLauncher  # type: ignore[assignment]
    config = Config()
    app, socketio, lab = create_app(config)
    lab.start(ends_process=True)
    serve(socketio, app, config.async_, config.host, config.port)
