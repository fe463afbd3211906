"""Pure rules: settings, blueprints, messages and the fold. See README.md beside this file."""
