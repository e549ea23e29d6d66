"""`ccmeter doctor`: what was read, what could not be, and how far each number can be trusted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccmeter.domain.money import usd_exact
from ccmeter.reports import cells
from ccmeter.reports.table import Column, Kind, Note, Report, Row, Table

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ccmeter.queries.health import Health, UnpricedModel, VersionHealth
    from ccmeter.reports.table import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """One Claude Code configuration folder that was looked for."""

    path: Path
    exists: bool
    files: int
    cleanup_days: int
    """After how many days Claude Code deletes its logs."""
    is_cleanup_default: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Everything that `ccmeter doctor` has to say."""

    version: str
    folders: tuple[Folder, ...]
    problems: Mapping[str, int]
    """What could not be read, by reason."""
    health: Health
    unpriced: tuple[UnpricedModel, ...]
    prices_as_of: dt.date
    store: Path
    store_bytes: int
    gone_files: int
    """Files that were read and have since been deleted."""
    today: dt.date

    @property
    def cleanup_days(self) -> int:
        """The shortest time after which a log is deleted."""
        return min((folder.cleanup_days for folder in self.folders if folder.exists), default=30)

    @property
    def kept_days(self) -> int:
        """Days with usage that are older than Claude Code keeps its logs."""
        return sum((self.today - day).days > self.cleanup_days for day in self.health.days)

    @property
    def prices_age(self) -> str:
        """How long ago the packaged prices were checked."""
        return cells.counted(max((self.today - self.prices_as_of).days, 0), "day")

    @property
    def versions(self) -> tuple[VersionHealth, ...]:
        """The versions of Claude Code met, oldest first; an unknown one before all."""
        return tuple(sorted(self.health.versions, key=lambda each: _numbers(each.version)))


_COLUMNS = (
    Column(key="topic", title="Topic", kind=Kind.TEXT, is_heading=True),
    Column(key="subject", title="", kind=Kind.TEXT, is_foreign=True, wraps=True),
    Column(key="finding", title="", kind=Kind.TEXT, is_foreign=True, wraps=True),
)
_LONGEST_NUMBER = 9
"""Digits of a version's part; a log may hold anything."""


def lay_out(diagnosis: Diagnosis) -> Report:
    """Give the diagnosis as a report."""
    rows = tuple(Row(cells=row) for row in _rows(diagnosis))
    notes = tuple(Note(text=text) for text in _advice(diagnosis))
    return Report(
        table=Table(
            title="ccmeter doctor", caption=diagnosis.version, columns=_COLUMNS, rows=rows, notes=notes
        ),
        document=_document(diagnosis),
    )


def _rows(diagnosis: Diagnosis) -> Iterator[tuple[str, str, str]]:
    health = diagnosis.health
    for folder in diagnosis.folders:
        finding = cells.counted(folder.files, "transcript") if folder.exists else "does not exist"
        yield "Folders", str(folder.path), finding
    for reason, times in sorted(diagnosis.problems.items()):
        yield "Not read", reason, f"{times:,}"
    yield "Read so far", "files", f"{len(health.files.paths):,} ({health.files.size_bytes / 2**20:,.1f} MiB)"
    gone = f"{diagnosis.gone_files:,}, their usage is kept" if diagnosis.gone_files else "none"
    yield "Read so far", "files since deleted", gone
    for kind, lines in health.files.kinds.items():
        yield "Lines by kind", kind, f"{lines:,}"
    for reason, lines in health.files.rejected.items():
        yield "Missing or unusable", reason, f"{lines:,}"
    yield "Messages", "usage lines", f"{health.usage_lines:,}"
    yield "Messages", "counted once each", f"{health.calls:,}"
    yield "Messages", "duplicate lines merged", f"{health.usage_lines - health.calls:,}"
    if health.undated_calls:
        yield "Messages", "undated", f"{health.undated_calls:,}"
    yield from _unfinished(diagnosis)
    for model in diagnosis.unpriced:
        usage = f"{cells.counted(model.tokens, 'token')} in {cells.counted(model.calls, 'message')}"
        yield "Without a price", model.model, usage
    yield "Prices", "packaged rate cards", f"of {diagnosis.prices_as_of}, {diagnosis.prices_age} old"
    yield from _history(diagnosis)
    yield "Store", "file", str(diagnosis.store)
    yield "Store", "size", f"{diagnosis.store_bytes / 2**20:,.1f} MiB, schema {health.schema_version}"
    stored = f"{health.finished_at:%Y-%m-%d %H:%M:%S} UTC" if health.finished_at else "never"
    yield "Store", "last ingest", stored
    yield from _vault(diagnosis.health)


def _vault(health: Health) -> Iterator[tuple[str, str, str]]:
    """Give what is known of the machines of a vault, where the store is in one."""
    for device in health.devices:
        name = f"{device.name} (this machine)" if device.is_this else device.name
        yield "Vault", name, f"{cells.counted(device.calls, 'message')} told"
    if health.devices:
        synced = f"{health.synced_at:%Y-%m-%d %H:%M:%S} UTC" if health.synced_at else "never"
        yield "Vault", "last sync", synced


def _unfinished(diagnosis: Diagnosis) -> Iterator[tuple[str, str, str]]:
    topic = "Output never finished by the log"
    for version in diagnosis.versions:
        if version.nonfinal_calls:
            share = f"{version.nonfinal_calls:,} of {cells.counted(version.calls, 'message')}"
            logged = f"{cells.counted(version.recorded_tokens, 'token')} logged"
            finding = ", ".join((share, logged, *_missing(version)))
            yield topic, f"Claude Code {version.version or '(version unknown)'}", finding


def _missing(version: VersionHealth) -> Iterator[str]:
    """Give the estimate of what the log left out, as far as there is one."""
    if version.calls_without_estimate < version.nonfinal_calls:
        # what has no price has an estimate in tokens alone
        cost = f" ({cells.for_people(Kind.MONEY, version.missing_pico)})" if version.missing_pico else ""
        yield f"about {cells.counted(version.missing_tokens, 'token')} missing{cost}"
        if version.calls_without_estimate:
            yield f"{version.calls_without_estimate:,} with no finished message to estimate from"
    else:
        yield "no finished message to estimate from"


def _numbers(version: str) -> tuple[tuple[int, ...], str]:
    """Give what puts 2.1.7 before 2.1.12."""
    parts = re.findall(rf"[0-9]{{1,{_LONGEST_NUMBER}}}", version)
    return tuple(map(int, parts)), version


def _history(diagnosis: Diagnosis) -> Iterator[tuple[str, str, str]]:
    for folder in diagnosis.folders:
        if folder.exists:
            where = "Claude Code's default" if folder.is_cleanup_default else "cleanupPeriodDays"
            after = cells.counted(folder.cleanup_days, "day")
            yield "History", str(folder.path), f"logs deleted after {after} ({where})"
    first = f" since {diagnosis.health.first_on}" if diagnosis.health.first_on else ""
    kept = f"{diagnosis.kept_days:,} of {cells.counted(len(diagnosis.health.days), 'day')}{first}"
    yield "History", "would be lost without ccmeter", kept


def _advice(diagnosis: Diagnosis) -> Iterator[str]:
    if not any(folder.exists for folder in diagnosis.folders):
        yield "No Claude Code folder was found. Name one with --claude-dir or CLAUDE_CONFIG_DIR."
    if diagnosis.unpriced:
        yield "Unpriced usage is counted in tokens and left out of costs; the settings file can price a model."
    if any(version.nonfinal_calls for version in diagnosis.health.versions):
        yield (
            "Claude Code logged these outputs before they were complete. Missing tokens are an estimate from finished "
            "messages of the same model, and are never added to a report."
        )


def _document(diagnosis: Diagnosis) -> Json:
    health = diagnosis.health
    return {
        "schemaVersion": 1,
        "version": diagnosis.version,
        "folders": [
            {
                "path": str(folder.path),
                "exists": folder.exists,
                "files": folder.files,
                "cleanupPeriodDays": folder.cleanup_days,
                "cleanupPeriodIsDefault": folder.is_cleanup_default,
            }
            for folder in diagnosis.folders
        ],
        "problems": dict(diagnosis.problems),
        "files": {
            "read": len(health.files.paths),
            "bytes": health.files.size_bytes,
            "deletedSince": diagnosis.gone_files,
        },
        "lines": dict(health.files.kinds),
        "rejected": dict(health.files.rejected),
        "usageLines": health.usage_lines,
        "messages": health.calls,
        "duplicatesMerged": health.usage_lines - health.calls,
        "undatedMessages": health.undated_calls,
        "nonFinal": [
            {
                "version": version.version,
                "messages": version.calls,
                "nonFinalMessages": version.nonfinal_calls,
                "recordedOutputTokens": version.recorded_tokens,
                "estimatedMissingOutputTokens": version.missing_tokens,
                "estimatedMissingCostUSD": usd_exact(version.missing_pico),
                "messagesWithoutEstimate": version.calls_without_estimate,
            }
            for version in diagnosis.versions
        ],
        "unpriced": [
            {"model": model.model, "messages": model.calls, "tokens": model.tokens}
            for model in diagnosis.unpriced
        ],
        "pricesAsOf": diagnosis.prices_as_of.isoformat(),
        "history": {
            "firstDay": health.first_on.isoformat() if health.first_on else None,
            "daysWithUsage": len(health.days),
            "daysLostWithoutCcmeter": diagnosis.kept_days,
        },
        "store": {
            "path": str(diagnosis.store),
            "bytes": diagnosis.store_bytes,
            "schema": health.schema_version,
            "lastIngest": health.finished_at.isoformat() if health.finished_at else None,
        },
        **_vault_document(health),
    }


def _vault_document(health: Health) -> dict[str, Json]:
    if not health.devices:
        return {}
    return {
        "vault": {
            "devices": [
                {"id": each.device, "name": each.name, "isThis": each.is_this, "messages": each.calls}
                for each in health.devices
            ],
            "lastSync": health.synced_at.isoformat() if health.synced_at else None,
        }
    }
