"""Trust: where the numbers come from, how old they are, and what is missing in them.

The upper lines say how fresh each source is; the table below is what `ccmeter doctor` says, line by line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from textual.widgets import Static

from ccmeter.queries.trust import DAYS, trust
from ccmeter.reports import doctor
from ccmeter.reports.cells import counted
from ccmeter.reports.foreign import harmless
from ccmeter.tui import words
from ccmeter.tui.page import Page
from ccmeter.tui.widgets.empty import Empty
from ccmeter.tui.widgets.rows import Column, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult

    from ccmeter.queries.trust import Trust
    from ccmeter.reports.doctor import Diagnosis
    from ccmeter.store.lease import Connection
    from ccmeter.tui.moment import Moment

_OLD_PRICES_DAYS: Final = 60
_SILENT_S: Final = 86_400
"""A hook that was not heard of for a day of work has likely been removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the table."""

    number: int
    topic: str
    """Empty where it is that of the row above."""
    subject: str
    finding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """What the page shows."""

    trust: Trust
    diagnosis: Diagnosis | None
    """None where the monitor was not told how to look at folders."""


class TrustPage(Page[Trusted]):
    """The screen."""

    TITLE_TEXT: ClassVar[str] = "Trust"
    FINDS: ClassVar[bool] = True
    HELP_TEXT: ClassVar[str] = (
        "Where the numbers come from and how old they are: the logs, Claude Code's own readings, the prices. Below, what "
        "was read, skipped, merged and left without a price. Drift is what Claude Code says that sessions cost, beside "
        "what their logged calls come to; a difference is no error of either side."
    )
    DEFAULT_CSS: ClassVar[str] = """
    TrustPage #sources { height: auto; padding: 0 2; margin: 0 0 1 0; }
    TrustPage #whole { height: auto; max-height: 3; padding: 0 2; margin: 1 0 0 0; }
    TrustPage.-short #sources, TrustPage.-short #whole { margin: 0; max-height: 2; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._answer: Trusted | None = None
        self._wanted = ""

    def compose(self) -> ComposeResult:
        """Give the lines on sources, and the table."""
        rows: Rows[Line] = Rows(_COLUMNS, key=lambda line: f"{line.number}", id="lines")
        yield Empty(id="none")
        yield Static(id="sources", markup=False)
        yield rows
        yield Static(id="whole", classes="muted", markup=False)

    def ask(self, connection: Connection, moment: Moment) -> Trusted:
        """Ask how fresh things are, and have the folders looked at."""
        from ccmeter.tui.app import Monitor

        diagnose = self.app.setup.diagnose if isinstance(self.app, Monitor) else None
        return Trusted(
            trust=trust(connection, moment.filters, now_us=moment.now_us),
            diagnosis=diagnose(connection, moment.now) if diagnose else None,
        )

    def show(self, answer: Trusted, moment: Moment) -> None:
        """Lay it out."""
        self._answer = answer
        has_read = answer.diagnosis is None or bool(answer.diagnosis.health.files.paths)
        empty = self.query_one("#none", Empty)
        empty.display = not has_read
        empty.say_why(knows_usage=False)
        self.tick(moment)
        self._put()

    def tick(self, moment: Moment) -> None:
        """Let ages grow."""
        if self._answer is not None:
            self.query_one("#sources", Static).update("\n".join(_sources(self._answer, moment)))

    def find(self, text: str) -> None:
        """Show only the lines with this text in them."""
        self._wanted = text.casefold()
        self._put()

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Say the whole of a line, which may be cut in the table."""
        event.stop()
        self._show_whole()

    def _show_whole(self) -> None:
        line: Line | None = self.query_one("#lines", Rows).current
        self.query_one("#whole", Static).update(harmless(f"{line.subject}: {line.finding}") if line else "")

    def _put(self) -> None:
        diagnosis = self._answer.diagnosis if self._answer else None
        lines = tuple(_lines(diagnosis, self._wanted)) if diagnosis else ()
        self.query_one("#lines", Rows).put(lines)
        self._show_whole()


def _lines(diagnosis: Diagnosis, wanted: str) -> Iterator[Line]:
    """Give what doctor's report says, its topics once each."""
    before = ""
    for number, row in enumerate(doctor.lay_out(diagnosis).table.rows):
        topic, subject, finding = map(str, row.cells)
        if wanted in f"{topic} {subject} {finding}".casefold():
            yield Line(
                number=number, topic="" if topic == before else topic, subject=subject, finding=finding
            )
            before = topic


def _sources(answer: Trusted, moment: Moment) -> Iterator[str]:
    """Say of each source how fresh it is, and what follows from that."""
    found, diagnosis = answer.trust, answer.diagnosis
    if diagnosis is not None:
        at = diagnosis.health.finished_at
        age = f"{words.ago(round((moment.now - at).total_seconds()))} ago" if at else "never"
        yield f"Logs      last stored {age}; Claude Code deletes them after {counted(diagnosis.cleanup_days, 'day')}, what was read is kept."
        days = (diagnosis.today - diagnosis.prices_as_of).days
        old = " Newer prices may be out: update ccmeter." if days > _OLD_PRICES_DAYS else ""
        yield f"Prices    of {diagnosis.prices_as_of}, {diagnosis.prices_age} old.{old}"
    yield f"Limits    {_limits(found, moment)}"
    if found.drifts:
        yield f"Drift     {_drift(found)}"


def _limits(found: Trust, moment: Moment) -> str:
    if found.hook_us is None:
        return "no hook: `ccmeter statusline install` lets Claude Code tell them; nothing is fetched."
    age_s = (moment.now_us - found.hook_us) // 1_000_000
    heard = f"hook heard of {words.ago(age_s)} ago"
    if found.limits_us is None:
        return f"{heard}, but it told no limits: only Pro and Max accounts have them, after a first answer."
    silent = " `ccmeter statusline status` says whether it is still installed." if age_s > _SILENT_S else ""
    return f"{heard}, limits {words.ago((moment.now_us - found.limits_us) // 1_000_000)} ago.{silent}"


def _drift(found: Trust) -> str:
    difference = found.own_pico - found.told_pico
    sign = "+" if difference >= 0 else "-"
    rate = (
        f" ({sign}{words.share((abs(difference) * 10_000 + found.told_pico // 2) // found.told_pico)})"
        if found.told_pico
        else ""
    )
    return (
        f"{counted(len(found.drifts), 'session')} of the last {DAYS} days: {words.money(found.own_pico)} by their logs, "
        f"{words.money(found.told_pico)} by Claude Code{rate}."
    )


_COLUMNS: Final[tuple[Column[Line], ...]] = (
    Column(key="topic", title="Topic", text=lambda line: line.topic, width=20, cut="end"),
    Column(key="subject", title="What", text=lambda line: line.subject, width=12, grows=True, cut="middle"),
    Column(key="finding", title="Found", text=lambda line: line.finding, width=20, grows=True),
)

PAGE = TrustPage
