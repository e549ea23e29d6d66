"""Claude Code's JSONL transcripts: `Transcript` turns their bytes into usage lines and the facts kept beside them.

`transcript` decides which lines matter, `records` decodes them, `calls` makes usage lines of them, `facts` the rest,
`values` reads single fields. The traps named by number there are listed in docs/architecture.md.
"""

from ccmeter.parsers.claude.transcript import Transcript

__all__ = ["Transcript"]
