"""What several test modules share: made-up logs, a store to read them into, an oracle, and the command itself."""
