"""Exit codes; docs/cli.md explains them."""

from __future__ import annotations

DONE = 0
FAILED = 1  # it was tried, and went wrong
REFUSED = 2  # what was asked cannot be done; nothing was changed
DIFFERENT = 3  # a replay came to other digests
INTERRUPTED = 130  # by Ctrl-C: what was done until then is kept; by another signal 128 and its number, such as 143
