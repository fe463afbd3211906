"""Looking inside: questions about a network, answered apart from its training."""
