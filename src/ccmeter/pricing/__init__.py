"""What it costs: dated rate cards, what a model id means, and the cost rule."""
