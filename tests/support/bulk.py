"""Logs in bulk, made fast, whose right sums are known without reading them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_DAY_US = 86_400_000_000

_LINE = (
    '{{"parentUuid":null,"isSidechain":false,"userType":"external","cwd":"/home/dev/project-{file:03d}",'
    '"sessionId":"{session}","version":"2.1.200","gitBranch":"main","message":{{"model":"{model}",'
    '"id":"msg_{call}","type":"message","role":"assistant","content":[{{"type":"text","text":"{filler}"}}],'
    '"stop_reason":{stop},"stop_sequence":null,"usage":{{"input_tokens":3,"cache_creation_input_tokens":20,'
    '"cache_read_input_tokens":1000,"cache_creation":{{"ephemeral_5m_input_tokens":20,'
    '"ephemeral_1h_input_tokens":0}},"output_tokens":{output},"service_tier":"standard"}}}},'
    '"requestId":"req_{call}","type":"assistant","uuid":"{uuid}","timestamp":"{stamp}"}}\n'
)
_MODELS = ("claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What a right reader finds."""

    calls: int
    lines: int
    input_tokens: int
    output_tokens: int
    cache_creation_tokens: int
    cache_read_tokens: int

    def __add__(self, other: Sums) -> Sums:
        """Add what other files hold."""
        return Sums(
            calls=self.calls + other.calls,
            lines=self.lines + other.lines,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cache_creation_tokens=self.cache_creation_tokens + other.cache_creation_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
        )


NOTHING = Sums(
    calls=0, lines=0, input_tokens=0, output_tokens=0, cache_creation_tokens=0, cache_read_tokens=0
)


def content(file: int, first: int, calls: int, *, filler_bytes: int = 0) -> tuple[str, Sums]:
    """Make calls number `first` on of transcript number `file`: two lines each, a placeholder and the final one."""
    from support.transcripts import stamp

    session = f"{file:08x}-0000-4000-8000-{file:012x}"
    filler = "x" * filler_bytes
    lines = []
    output_tokens = 0
    for number in range(first, first + calls):
        at_us = 1_767_225_600_000_000 + (number * 37 % 60) * _DAY_US + number * 1_000
        final = number % 900 + 10
        output_tokens += final
        for output, stop in ((1, "null"), (final, '"end_turn"')):
            lines.append(
                _LINE.format(
                    file=file,
                    session=session,
                    model=_MODELS[number % 3],
                    call=f"{file:04d}{number:08d}",
                    filler=filler,
                    stop=stop,
                    output=output,
                    uuid=f"{file:08x}-0000-4000-{output % 0x10000:04x}-{number:012x}",
                    stamp=stamp(at_us),
                )
            )
    sums = Sums(
        calls=calls,
        lines=2 * calls,
        input_tokens=3 * calls,
        output_tokens=output_tokens,
        cache_creation_tokens=20 * calls,
        cache_read_tokens=1_000 * calls,
    )
    return "".join(lines), sums


def place(folder: Path, file: int) -> Path:
    """Give where transcript number `file` stands below a configuration folder."""
    target = (
        folder / "projects" / f"-home-dev-project-{file:03d}" / f"{file:08x}-0000-4000-8000-{file:012x}.jsonl"
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def write(folder: Path, *, files: int, calls: int, filler_bytes: int = 0) -> Sums:
    """Write `files` transcripts of `calls` calls each."""
    total = NOTHING
    for file in range(files):
        text, sums = content(file, 0, calls, filler_bytes=filler_bytes)
        place(folder, file).write_text(text, "utf-8")
        total += sums
    return total
