"""Own images: from an archive that nobody has looked at yet to the files that trainers read."""
