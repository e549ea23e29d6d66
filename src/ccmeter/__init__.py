"""What did I use, what did it cost, what is left: exact, local-first accounting for Claude Code."""

__version__ = "0.1.0"
