"""Lockstep: a shared, live training lab. See README.md for the map of processes and folders."""

__version__ = "0.1.0"
