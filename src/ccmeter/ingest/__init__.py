"""From files to store: `discover` finds transcripts, `tail` reads what is new, `load` stores it, `update` does it all."""
