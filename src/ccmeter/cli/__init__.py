"""The handles: one module per command, each made of arguments, one call and one render."""
