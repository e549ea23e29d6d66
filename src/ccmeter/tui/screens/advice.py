"""Advice: what stands out in somebody's usage, with its money and the cases that it rests on.

The upper table has the findings, dearest first; the lower one the cases of the finding under the cursor. What a finding
cannot know it says: a weaker model might not have done as well.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from textual.containers import Vertical
from textual.widgets import Static

from ccmeter.queries.advice import DAYS, advice
from ccmeter.queries.placing import placed
from ccmeter.queries.summary import is_empty
from ccmeter.reports import model_names
from ccmeter.reports.cells import counted
from ccmeter.tui import words
from ccmeter.tui.page import Page
from ccmeter.tui.widgets.empty import Empty
from ccmeter.tui.widgets.rows import Column, Rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult

    from ccmeter.domain.advice import Evidence, Finding, Kind
    from ccmeter.queries.advice import Advice
    from ccmeter.store.lease import Connection
    from ccmeter.tui.moment import Moment

_TITLES: Final[Mapping[Kind, str]] = {
    "idle_cache": "Cache lost to a pause",
    "broken_cache": "Cache written again without a pause",
    "strong_model": "Dear model on a small turn",
    "spike": "Day far above your usual",
}
_MEANINGS: Final[Mapping[Kind, str]] = {
    "idle_cache": (
        "The prompt cache lives 5 minutes (or an hour, where it was written so). After a longer pause the whole context "
        "was written again instead of read. /compact or /clear before a break makes the next call cheaper."
    ),
    "broken_cache": (
        "The cache was still warm, but the beginning of the prompt had changed, so it was written again. Switching "
        "tools, servers or instructions in the middle of a session does that; so does editing CLAUDE.md."
    ),
    "strong_model": (
        "Turns of one or two short calls, beside what the same tokens cost by the cheapest model that you use. At most "
        "that: nobody knows whether it would have done as well. /model switches."
    ),
    "spike": (
        "Days that cost more than twice the median and half more than the dearest but one of the 28 days before. The "
        "money is what the day cost beyond the median; the session is the one that cost most."
    ),
}


NO_USAGE: Final = f"No usage that is chosen here in the last {DAYS} days, or in the range."


@dataclass(frozen=True, slots=True, kw_only=True)
class Advised:
    """What the page shows."""

    advice: Advice
    names: Mapping[str, str]
    """What people call the project of each folder."""
    knows_usage: bool
    """Whether there is any at all, of whatever time and choice."""


class AdvicePage(Page[Advised]):
    """The screen."""

    TITLE_TEXT: ClassVar[str] = "Advice"
    HELP_TEXT: ClassVar[str] = (
        f"What stands out in the last {DAYS} days, or in the range that you chose: caches that were written again, dear "
        "models on small turns, days far above your own usual. Money is what it cost beyond the alternative. The lower "
        "table has the dearest cases of the finding under the cursor."
    )
    DEFAULT_CSS: ClassVar[str] = """
    AdvicePage { layout: vertical; }
    AdvicePage #findings { height: 6; }
    AdvicePage #meaning { height: auto; padding: 0 2; margin: 0 0 1 0; }
    AdvicePage #cases { height: 1fr; }
    AdvicePage.-short #meaning { display: none; }
    AdvicePage.-compact #meaning { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._advised: Advised | None = None
        self._moment: Moment | None = None

    def compose(self) -> ComposeResult:
        """Give both tables, and what stands in their place where nothing stands out."""
        findings: Rows[Finding] = Rows(self._columns(), key=lambda finding: finding.kind, id="findings")
        cases: Rows[Evidence] = Rows(
            self._case_columns(), key=lambda case: f"{case.at_us} {case.session_id}", id="cases"
        )
        yield Empty(id="none")
        with Vertical(id="some"):
            yield findings
            yield Static(id="meaning", classes="muted", markup=False)
            yield cases

    def ask(self, connection: Connection, moment: Moment) -> Advised:
        """Ask what stands out."""
        found = advice(connection, moment.filters, today=moment.now.date())
        names = {each.cwd: each.name for each in placed(connection, moment.filters)} if found.findings else {}
        return Advised(advice=found, names=names, knows_usage=bool(found.calls) or not is_empty(connection))

    def show(self, answer: Advised, moment: Moment) -> None:
        """Lay the findings out, with the cursor where it was."""
        self._advised, self._moment = answer, moment
        found = answer.advice
        self.query_one("#some").display = bool(found.findings)
        empty = self.query_one("#none", Empty)
        empty.display = not found.findings
        if found.calls:
            empty.tell(
                "Nothing stands out.",
                f"{counted(found.calls, 'call')} from {found.since_on} to {found.until_on} were looked at: no cache lost, "
                "no dear model on small turns, no day far above your usual. `g` chooses another range.",
            )
        else:
            empty.say_why(knows_usage=answer.knows_usage, said=NO_USAGE)
        rows = self.query_one("#findings", Rows)
        rows.styles.height = len(found.findings) + 1
        rows.put(found.findings, self._columns())
        self._show_cases()

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Show the cases of another finding."""
        if event.rows.id == "findings":
            self._show_cases()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Go to the cases of a finding."""
        if event.rows.id == "findings":
            self.query_one("#cases").focus()

    def _show_cases(self) -> None:
        finding: Finding | None = self.query_one("#findings", Rows).current
        self.query_one("#cases", Rows).put(finding.evidence if finding else (), self._case_columns())
        self.query_one("#meaning", Static).update(_MEANINGS[finding.kind] if finding else "")

    def _columns(self) -> tuple[Column[Finding], ...]:
        whole = self._advised.advice.cost_pico if self._advised else 0
        return (
            Column(key="what", title="Finding", text=lambda each: _TITLES[each.kind], width=20, grows=True),
            Column(key="cases", title="Cases", text=lambda each: f"{each.cases:,}", width=6, is_number=True),
            Column(
                key="tokens",
                title="Tokens",
                text=lambda each: words.tokens(each.tokens),
                width=7,
                is_number=True,
                drop=2,
            ),
            Column(
                key="share",
                title="Of cost",
                text=lambda each: words.share(
                    (each.wasted_pico * 10_000 + whole // 2) // whole if whole else None
                ),
                width=8,
                is_number=True,
                drop=1,
            ),
            Column(key="money", title="Money", text=_money, width=12, is_number=True),
        )

    def _case_columns(self) -> tuple[Column[Evidence], ...]:
        return (
            Column(key="at", title="When", text=self._when, width=16),
            Column(key="project", title="Project", text=self._place, width=12, grows=True, cut="start"),
            Column(key="session", title="Session", text=lambda each: each.session_id[:8], width=8, drop=2),
            Column(
                key="model",
                title="Model",
                text=lambda each: model_names.short(each.model),
                width=12,
                drop=3,
                cut="middle",
            ),
            Column(key="why", title="Why", text=_why, width=15, drop=1),
            Column(
                key="tokens",
                title="Tokens",
                text=lambda each: words.tokens(each.tokens),
                width=7,
                is_number=True,
                drop=4,
            ),
            Column(
                key="money",
                title="Money",
                text=lambda each: words.money(each.wasted_pico),
                width=10,
                is_number=True,
            ),
        )

    def _when(self, case: Evidence) -> str:
        zone = self._moment.now.tzinfo if self._moment else dt.UTC
        return f"{dt.datetime.fromtimestamp(case.at_us / 1_000_000, zone):%Y-%m-%d %H:%M}"

    def _place(self, case: Evidence) -> str:
        names = self._advised.names if self._advised else {}
        return names.get(case.cwd, case.cwd) or "unknown"


def _money(finding: Finding) -> str:
    text = words.money(finding.wasted_pico)
    return f"≤ {text}" if finding.is_upper_bound else text


def _why(case: Evidence) -> str:
    """Give what the case rests on: the pause before it, or the model that it is compared with."""
    if case.pause_s is not None:
        return f"after {words.lasting(case.pause_s)}"
    return model_names.short(case.instead) if case.instead else ""


PAGE = AdvicePage
