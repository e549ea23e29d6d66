"""The status line hook: one line for Claude Code, in a few milliseconds, from what the last reading left.

It stands apart from all other rooms and needs only what Python loads fastest: Claude Code cancels a run that is overtaken.
"""
