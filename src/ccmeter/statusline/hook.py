"""One run of the hook: input, snapshot, new bytes, line; then the reading to the spool, and a refresh if it is time.

Whatever stands on standard input, and whatever state the folders are in, it ends with status 0 and shows what is known:
anything else makes Claude Code blank its line.
"""

import os
import sys
import time

from ccmeter.statusline import figures, line, refresh, said, settings, snapshot, spool, transcript

STALE_US = 30_000_000
_CHUNK_BYTES = 65_536


def answer(arguments: list[str]) -> bool:
    """Run the hook if the arguments behind `statusline` are only options of it; else tell that they are not."""
    flags = settings.parsed(arguments)
    if flags is None:
        return False
    run(flags)
    return True


def run(flags: dict[str, str]) -> None:
    """Read standard input and write the line to standard output."""
    environment = dict(os.environ)
    now_us = time.time_ns() // 1_000
    content = received()
    setup = Setup(flags, environment)
    wrapped = None
    if setup.settings.wrap:
        from ccmeter.statusline import wrap

        wrapped = wrap.start(setup.settings.wrap, content, setup.settings.wrap_timeout_s)
    told = said.read(content, now_us // 1_000_000)
    offset, _ = figures.offset_of(setup.snapshot, told.transcript)
    news = transcript.news(told.transcript, offset, setup.snapshot.made_at_us)
    made = figures.figures(setup.snapshot, told, news, now_us)
    style = line.Style(environment)
    shown = line.laid_out(setup.settings, told, made, now_us, style)
    keep(setup, told, now_us)
    if wrapped is not None:
        shown = wrapped.before(shown, style.columns)
    write(shown)
    renew(setup, made, now_us)


class Setup:
    """Where things are, and what was found there."""

    __slots__ = ("config", "folder", "is_default", "settings", "snapshot")

    def __init__(self, flags: dict[str, str], environment: dict[str, str]) -> None:
        """Find the folder of the store and read its snapshot: of the default folder, if none is named nearer."""
        self.config = settings.config_file(flags, environment)
        named = settings.data_dir(flags, environment)
        self.folder = named or settings.default_data_dir(environment)
        self.snapshot = snapshot.load(self.folder)
        values = settings.in_file(self.config, self.snapshot)
        elsewhere = "" if named else settings.data_dir_in(values)
        if elsewhere and elsewhere != self.folder:
            self.folder = elsewhere
            self.snapshot = snapshot.load(elsewhere)
        self.is_default = not named and not elsewhere
        self.settings = settings.settled(flags, environment, values)


def received() -> bytes:
    """Read standard input to its end, or as much of it as a status line may be; nothing from a terminal."""
    pieces: list[bytes] = []
    size = 0
    try:
        if os.isatty(0):
            return b""
        while piece := os.read(0, _CHUNK_BYTES):
            size += len(piece)
            if size <= said.MOST_BYTES:
                pieces.append(piece)
    except OSError:
        pass
    return b"".join(pieces) if size <= said.MOST_BYTES else b""


def write(shown: str) -> None:
    """Write the line as UTF-8, whatever the locale: that is what Claude Code reads."""
    rest = f"{shown}\n".encode("utf-8", "replace")
    try:
        while rest:
            rest = rest[os.write(1, rest) :]
    except OSError:
        pass


def keep(setup: Setup, told: said.Said, now_us: int) -> None:
    """Spool the reading, before anything that could take long. A full or read-only disk costs no line."""
    try:
        spool.append(setup.folder, told, now_us)
    except (OSError, ValueError):
        if sys.flags.dev_mode:
            raise


def renew(setup: Setup, made: figures.Figures, now_us: int) -> None:
    """Start a refresh if the snapshot is stale: old and behind, or of another day."""
    is_old = not 0 <= now_us - setup.snapshot.made_at_us <= STALE_US
    if not (setup.settings.refresh and made.is_behind and (is_old or made.is_next_day)):
        return
    is_named = os.environ.get("CCMETER_CONFIG") == setup.config or not os.path.exists(setup.config)  # noqa: PTH110
    try:
        refresh.start(
            setup.folder,
            setup.snapshot.made_at_us,
            now_us,
            data_dir="" if setup.is_default else setup.folder,
            config="" if is_named else setup.config,
        )
    except (OSError, ValueError):
        if sys.flags.dev_mode:
            raise
