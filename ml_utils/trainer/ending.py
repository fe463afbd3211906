"""Ends a process in which torch was imported."""

from __future__ import annotations

import logging
import os
from typing import NoReturn


def end(status: int) -> NoReturn:
    """End this process at once: to take torch's libraries down takes a second, and one of them prints pages about leaks."""
    try:
        logging.shutdown()
    finally:
        os._exit(status)
