"""A ledger and a server of plain state, by the rules of the protocol: what the state machine runs the engine against."""
