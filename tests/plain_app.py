"""`app.py` as it runs where there is no fork: every trainer is a fresh interpreter."""

from __future__ import annotations

from ml_utils.web.async_mode import patch

patch()

from app import main  # noqa: E402
from ml_utils.web.launcher import PlainLauncher  # noqa: E402

if __name__ == "__main__":
    main(PlainLauncher)
