"""The figures of one run: those of the snapshot, and what its own transcript has got since.

Money is in pico-dollars. `is_least` says of an amount that it may be more: something was not read, or has no price.
"""

from ccmeter.statusline import price
from ccmeter.statusline.said import LENGTH_S, Said
from ccmeter.statusline.snapshot import Snapshot, number, table
from ccmeter.statusline.transcript import Call, News

HOUR_US = 3_600_000_000
BLOCK_US = 5 * HOUR_US
OLD_US = 300_000_000
"""A snapshot that lacks something and is older is said to be old: then its refresh does not work."""
_PICO_PER_USD = 10**12


class Amount:
    """An amount of money that grows."""

    __slots__ = ("is_estimate", "is_least", "pico")

    def __init__(self, pico: int = 0, *, is_least: bool = False, is_estimate: bool = False) -> None:
        """Begin with an amount."""
        self.pico = pico
        self.is_least = is_least
        self.is_estimate = is_estimate
        """It is Claude Code's own estimate."""

    def add(self, pico: int, unpriced_tokens: int) -> None:
        """Add what a call costs."""
        self.pico += pico
        self.is_least = self.is_least or unpriced_tokens > 0


class Window:
    """A limit window as last told."""

    __slots__ = ("age_s", "ends_bp", "pace", "resets_s", "used_bp")

    def __init__(self, used_bp: int, resets_s: int | None, age_s: int) -> None:
        """Take a reading; what is learned of it comes later."""
        self.used_bp = used_bp
        self.resets_s = resets_s
        self.age_s = age_s
        self.pace: int | None = None
        """Used less elapsed, in hundredths of a percent: above 0 is faster than time goes."""
        self.ends_bp: tuple[int, int] | None = None


class Figures:
    """Everything that a line can show beside what Claude Code said itself. None: not known."""

    __slots__ = (
        "block",
        "block_began_us",
        "block_ends_us",
        "is_behind",
        "is_next_day",
        "old_s",
        "session",
        "today",
        "windows",
    )

    def __init__(self) -> None:
        """Begin with nothing known."""
        self.today: Amount | None = None
        self.session: Amount | None = None
        self.block: Amount | None = None
        self.block_began_us = 0
        self.block_ends_us = 0
        self.windows: dict[str, Window] = {}
        self.is_behind = False
        """The snapshot lacks something that is known to be there: it is worth a refresh once it is a little old."""
        self.is_next_day = False
        """The day of the snapshot is over."""
        self.old_s: int | None = None
        """How old the snapshot is, where that is worth saying."""

    @staticmethod
    def told(said: Said) -> Amount | None:
        """Give the session's cost as Claude Code estimates it."""
        if said.cost_usd is None:
            return None
        return Amount(round(said.cost_usd * _PICO_PER_USD), is_estimate=True)


def offset_of(snapshot: Snapshot, path: str) -> tuple[int | None, dict[str, object]]:
    """Give from where a transcript is news, and its calls that are counted already; None: the snapshot has no such file."""
    found = snapshot.files.get(path)
    if found is None and path:  # the same file by another way: a linked home, another spelling of a drive
        name = path.replace("\\", "/").rpartition("/")[2]
        ends = ("/" + name, "\\" + name)
        found = next((value for key, value in snapshot.files.items() if key.endswith(ends)), None)
    file = table(found)
    return number(file.get("offset")), table(file.get("calls"))


def figures(snapshot: Snapshot, said: Said, news: News, now_us: int) -> Figures:
    """Work out all figures at an instant."""
    made = Figures()
    offset, counted = offset_of(snapshot, said.transcript)
    made.windows = _windows(snapshot, said, now_us)
    if snapshot.made_at_us == 0:
        made.is_behind = True
        made.session = Figures.told(said)
        return made
    grown = _grown(snapshot, news, counted, is_new_file=offset is None)
    is_next_day = made.is_next_day = snapshot.day_ends_us <= now_us
    is_skewed = snapshot.made_at_us > now_us + OLD_US  # the clock was set back
    made.is_behind = news.has_changed or bool(grown) or is_next_day or is_skewed
    if made.is_behind and now_us - snapshot.made_at_us > OLD_US:
        made.old_s = (now_us - snapshot.made_at_us) // 1_000_000
    made.today = Amount(is_least=True) if is_next_day else _summed(snapshot.today)
    day = (
        (snapshot.day_ends_us, now_us + BLOCK_US)
        if is_next_day
        else (snapshot.day_began_us, snapshot.day_ends_us)
    )
    made.session, block = _session(snapshot, said), _Block(snapshot.block)
    for call, pico, unpriced in grown:
        if call.is_dated and day[0] <= call.us < day[1]:
            made.today.add(pico, unpriced)
        if made.session is not None and call.session in ("", said.session):
            made.session.add(pico, unpriced)
        if call.is_dated:
            block.add(call.us, pico, unpriced)
    if news.has_changed and not news.is_whole:
        made.today.is_least = block.amount.is_least = True
    made.session = _best(
        made.session, said, is_whole=news.is_whole and not _began_before(snapshot, news, offset)
    )
    block.show(made, now_us)
    return made


def _grown(
    snapshot: Snapshot, news: News, counted: dict[str, object], *, is_new_file: bool
) -> list[tuple[Call, int, int]]:
    """Give the calls that are new or have grown, oldest first, each with what it adds.

    A file that the snapshot does not know and that has calls from before it is a copy of another one (a resumed or
    forked session), or is about to be read: only what came after the snapshot is surely new.
    """
    found = []
    for key, call in news.calls.items():
        known = price.known_call(counted.get(key))
        if known is not None:
            before, pico, unpriced = known
            before.session = call.session
            before.add(call)
            cost, tokens = price.pico(snapshot, before)
            found.append((before, cost - pico, tokens - unpriced))
        elif not is_new_file or (call.is_dated and call.us > snapshot.made_at_us):
            found.append((call, *price.pico(snapshot, call)))
    return sorted(found, key=lambda each: each[0].us)


def _began_before(snapshot: Snapshot, news: News, offset: int | None) -> bool:
    """Tell whether a transcript that the snapshot does not know has calls from before it."""
    return offset is None and any(call.us <= snapshot.made_at_us for call in news.calls.values())


def _summed(document: dict[str, object]) -> Amount:
    pico = number(document.get("pico"))
    return Amount(pico or 0, is_least=pico is None or bool(number(document.get("unpriced_tokens"))))


def _session(snapshot: Snapshot, said: Said) -> Amount | None:
    known = snapshot.sessions.get(said.session)
    if type(known) is list and len(known) >= 2 and type(known[0]) is int:  # noqa: PLR2004
        return Amount(known[0], is_least=bool(number(known[1])))
    return Amount() if said.session and said.transcript else None


def _best(session: Amount | None, said: Said, *, is_whole: bool) -> Amount | None:
    """Give the session's cost: ours where everything was read, else Claude Code's own if that is more."""
    told = Figures.told(said)
    if session is None or (session.pico == 0 and session.is_least):
        return told or session
    if is_whole:
        return session
    session.is_least = True
    return told if told is not None and told.pico > session.pico else session


class _Block:
    """The latest block, as calls are added to it in their order."""

    def __init__(self, document: dict[str, object]) -> None:
        self.start_us = number(document.get("start_us")) or 0
        self.end_us = number(document.get("end_us")) or 0
        self.amount = _summed(document) if self.end_us else Amount()

    def add(self, at_us: int, pico: int, unpriced: int) -> None:
        """Add a call: to this block, or to the one that it begins."""
        if at_us > self.end_us:
            self.start_us = at_us // HOUR_US * HOUR_US
            self.end_us = self.start_us + BLOCK_US
            self.amount = Amount()
        self.amount.add(pico, unpriced)

    def show(self, made: Figures, now_us: int) -> None:
        """Show the block if it is not over."""
        if self.start_us <= now_us < self.end_us:
            made.block, made.block_began_us, made.block_ends_us = self.amount, self.start_us, self.end_us


def _windows(snapshot: Snapshot, said: Said, now_us: int) -> dict[str, Window]:
    """Give each window's newest reading.

    An idle session tells the same old numbers again. Within one window use only grows, so of two readings of the same
    window the higher is the newer, and of two windows the one that resets later.
    """
    now_s = now_us // 1_000_000
    found: dict[str, Window] = {}
    for name, length_s in LENGTH_S.items():
        kept = table(snapshot.limits.get(name))
        told, older = said.windows.get(name), _kept(kept, now_s)
        window = older if told is None else Window(*told, 0)
        if window is None:
            continue
        if older is not None and window.resets_s is None:
            window.resets_s = older.resets_s
        elif older is not None and _place(older) > _place(window):
            window = older
        if window.resets_s is not None:
            window.pace = window.used_bp - max(10_000 - (window.resets_s - now_s) * 10_000 // length_s, 0)
        ends = kept.get("ends_bp")
        if type(ends) is list and len(ends) == 3 and type(ends[0]) is type(ends[2]) is int:  # noqa: PLR2004
            window.ends_bp = (max(ends[0], window.used_bp), max(ends[2], window.used_bp))
        found[name] = window
    return found


def _place(window: Window) -> tuple[int, int]:
    """Give a window's place in time. Resets of one window may differ by seconds."""
    return ((window.resets_s or 0) + 300) // 600, window.used_bp


def _kept(kept: dict[str, object], now_s: int) -> Window | None:
    """Give a reading of the snapshot, unless its window is over or nobody knows when it is."""
    used_bp, resets_us, read_us = (number(kept.get(key)) for key in ("used_bp", "resets_us", "read_us"))
    if used_bp is None or resets_us is None or read_us is None:
        return None
    if not 0 <= used_bp <= 10_000 or resets_us // 1_000_000 <= now_s:  # noqa: PLR2004
        return None
    return Window(used_bp, resets_us // 1_000_000, max(now_s - read_us // 1_000_000, 0))
