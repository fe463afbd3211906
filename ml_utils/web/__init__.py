"""The server's side: store, rooms, people, the line to the trainers. See README.md beside this file."""
