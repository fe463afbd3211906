"""The trainer: owns the model of one room. See README.md beside this file."""
