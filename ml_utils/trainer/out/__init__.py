"""What is taken out of a room: run folders and models in other formats."""
