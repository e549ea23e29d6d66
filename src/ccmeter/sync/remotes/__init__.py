"""Where a vault is kept: one module per kind of remote, each with the same calls."""
