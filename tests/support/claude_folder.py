"""Writes `fixtures/claude-folder`: a made-up configuration folder with every shape that is easy to get wrong.

    PYTHONPATH=tests python -m support.claude_folder

Read the difference before it is committed: `expected.json` is what the oracle finds, and pins it.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

from support import oracle
from support.transcripts import Folder, Line, dumped, joined, us

FOLDER = Path(__file__).parents[2] / "fixtures" / "claude-folder"
DONE = "end_turn"


def main() -> None:
    """Write the logs, then what is expected of them."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    folder = Folder(FOLDER)
    for name, content in {**_sessions(), **_copies(), **_odd()}.items():
        folder.write(name, content)
    found = {"schema": 1, "all": oracle.expected(FOLDER)}
    (FOLDER / "expected.json").write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")


def _grown(line: Line, *outputs: int, stop: str | None = DONE) -> list[bytes]:
    """Write one call as several lines whose output grows; only the last one is final, if any is."""
    last = len(outputs) - 1
    return [
        replace(
            line,
            output_tokens=output,
            stop_reason=stop if number == last else None,
            at_us=(line.at_us or 0) + number * 700_000,
            uuid=f"00000000-0000-4000-8000-{(line.at_us or 0) // 1_000_000:010x}{number:02x}",
        ).assistant()
        for number, output in enumerate(outputs)
    ]


def _user(line: Line) -> bytes:
    """Write what a person said: it quotes usage, which is no usage."""
    record = line.place()
    record["type"] = "user"
    record["message"] = {
        "role": "user",
        "content": '{"type":"assistant","message":{"id":"msg_quoted","usage":{"output_tokens":999}}}',
    }
    record["toolUseResult"] = {
        "usage": {"input_tokens": 5_000, "output_tokens": 700},
        "totalTokens": 5_700,
    }
    return dumped(record)


def _sessions() -> dict[str, bytes]:
    """Two plain sessions across midnights and the days on which clocks change."""
    alpha = Line(session="aaaaaaaa-1111-4111-8111-000000000001", cwd="/home/dev/alpha")
    beta = Line(session="bbbbbbbb-2222-4222-8222-000000000002", cwd="/home/dev/größe", version="2.1.60")
    first = [
        dumped(
            {"type": "file-history-snapshot", "messageId": "x", "snapshot": {}, "isSnapshotUpdate": False}
        ),
        dumped({"type": "summary", "summary": "xxx", "leafUuid": "00000000-0000-4000-8000-00000000aaaa"}),
        _user(alpha),
    ]
    # New York springs forward on 2026-03-08 at 07:00 UTC, Lord Howe falls back on 2026-04-04 at 15:00 UTC
    stamps = (
        "2026-03-08T04:59:59.999+00:00",
        "2026-03-08T05:00:00+00:00",
        "2026-03-08T06:59:59.999+00:00",
        "2026-03-08T07:00:00+00:00",
        "2026-03-09T03:59:59.999+00:00",
        "2026-03-09T04:00:00+00:00",
        "2026-04-04T12:59:59.999+00:00",
        "2026-04-04T13:00:00+00:00",
        "2026-04-05T13:29:59.999+00:00",
        "2026-04-05T13:30:00+00:00",
    )
    for number, stamp in enumerate(stamps):
        call = replace(
            alpha,
            message_id=f"msg_alpha{number}",
            request_id=f"req_alpha{number}",
            at_us=us(stamp),
            cache_creation_tokens=100 * number,
            split=(60 * number, 40 * number),
            cache_read_tokens=15_000,
        )
        first += _grown(call, 1, 5, 120 + number, stop=DONE if number % 3 else None)
    second = []
    for number, model in enumerate(
        ("claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001", "claude-opus-4-6", "claude-opus-4-6[1m]")
    ):
        call = replace(
            beta,
            message_id=f"msg_beta{number}",
            request_id=f"req_beta{number}",
            model=model,
            at_us=us("2026-02-10T23:59:30+00:00") + number * 15_000_000,
            input_tokens=240_000 if number == 0 else 7,
            cache_creation_tokens=900,
            cwd="/home/dev/größe/sub" if number == 2 else beta.cwd,
        )
        second += _grown(call, 2, 60)
    return {
        "-home-dev-alpha/aaaaaaaa-1111-4111-8111-000000000001.jsonl": joined(first),
        # without its last newline, as a session leaves it that is being written
        "-home-dev-gr--e/bbbbbbbb-2222-4222-8222-000000000002.jsonl": joined(second)[:-1],
    }


def _copies() -> dict[str, bytes]:
    """Calls that stand in several files: a resumed session, forks, a subagent beside its nested copies."""
    own = Line(
        session="cccccccc-3333-4333-8333-000000000003",
        cwd="/home/dev/gamma",
        at_us=us("2026-05-02T10:00:00+00:00"),
    )
    original = [
        line
        for number in range(4)
        for line in _grown(
            replace(
                own,
                message_id=f"msg_gamma{number}",
                request_id=f"req_gamma{number}",
                at_us=(own.at_us or 0) + number * 60_000_000,
                cache_creation_tokens=2_000,
                split=(0, 2_000),
                cache_read_tokens=40_000 * number,
            ),
            3,
            250,
        )
    ]

    def copied(**changes: str | None) -> list[bytes]:
        return [
            line
            for number in range(4)
            for line in _grown(
                replace(
                    replace(
                        own,
                        message_id=f"msg_gamma{number}",
                        request_id=f"req_gamma{number}",
                        at_us=(own.at_us or 0) + number * 60_000_000,
                        cache_creation_tokens=2_000,
                        split=(0, 2_000),
                        cache_read_tokens=40_000 * number,
                    ),
                    session=changes["session"] or "",
                    forked_from=changes.get("forked_from"),
                ),
                3,
                250,
            )
        ]

    fork = "00000000-4444-4444-8444-000000000004"
    told = "dddddddd-5555-4555-8555-000000000005"
    agent = replace(own, agent="a1b2c3d", is_sidechain=True, message_id="msg_agent", request_id="req_agent")
    only_nested = replace(agent, message_id="msg_nested", request_id="req_nested", output_tokens=77)
    late = replace(agent, at_us=(own.at_us or 0) - 400_000)
    compact = replace(agent, agent="acompact-1", message_id="msg_compact", request_id="req_compact")
    return {
        "-home-dev-gamma/cccccccc-3333-4333-8333-000000000003.jsonl": joined(
            [*original, late.nested(), only_nested.nested(), only_nested.nested()]
        ),
        f"-home-dev-gamma/{fork}.jsonl": joined(copied(session=fork)),
        f"-home-dev-gamma/{told}.jsonl": joined(copied(session=told, forked_from=own.session)),
        f"-home-dev-gamma/{own.session}/subagents/agent-a1b2c3d.jsonl": joined(_grown(agent, 1, 480)),
        f"-home-dev-gamma/{own.session}/subagents/agent-acompact-1.jsonl": joined(_grown(compact, 3_000)),
    }


def _odd() -> dict[str, bytes]:
    """Usage in every mode, and lines that are easily misread."""
    at_us = us("2026-08-15T09:00:00+00:00")
    own = Line(session="eeeeeeee-6666-4666-8666-000000000006", cwd="C:\\Users\\dev\\delta", at_us=at_us)
    modes = [
        replace(own, message_id="msg_fast", model="claude-opus-4-6", speed="fast", stop_reason=DONE),
        replace(own, message_id="msg_batch", service_tier="batch", stop_reason=DONE),
        replace(own, message_id="msg_us", model="claude-opus-4-6", inference_geo="us", stop_reason=DONE),
        replace(own, message_id="msg_search", server_tools=(3, 1)),
        replace(
            own, message_id="msg_unknown", model="somebodys-model-9", output_tokens=5_000, stop_reason=DONE
        ),
        replace(own, message_id="msg_refused", stop_reason="refusal", output_tokens=0, input_tokens=9_000),
        replace(own, message_id="msg_refused_late", stop_reason="refusal", output_tokens=40),
        replace(own, message_id="msg_no_split", cache_creation_tokens=700, split=None, stop_reason=DONE),
        replace(
            own, message_id="msg_small_split", cache_creation_tokens=700, split=(100, 50), stop_reason=DONE
        ),
        replace(own, message_id="msg_large_split", cache_creation_tokens=0, split=(80, 20), stop_reason=DONE),
        replace(own, message_id="msg_nothing", input_tokens=0, output_tokens=0, stop_reason=DONE),
        replace(own, message_id=None, request_id="req_only", stop_reason=DONE),
        replace(own, message_id="<id>", model="<synthetic>", input_tokens=0, output_tokens=0),
    ]
    two = replace(own, message_id="msg_two", stop_reason=DONE).assistant() + dumped(
        {"type": "mode", "mode": "x"}
    )
    spaced = json.dumps(
        json.loads(replace(own, message_id="msg_spaced", stop_reason=DONE).assistant())
    ).encode()
    turned = json.dumps(
        dict(reversed(json.loads(replace(own, message_id="msg_turned").assistant()).items()))
    ).encode()
    return {
        "C--Users-dev-delta/eeeeeeee-6666-4666-8666-000000000006.jsonl": joined(
            [*(line.assistant() for line in modes), two, spaced, turned, _user(own)]
        ),
        "C--Users-dev-delta/ffffffff-7777-4777-8777-000000000007.jsonl": joined(
            [dumped({"type": "file-history-snapshot", "messageId": "x", "snapshot": {}})]
        ),
        "C--Users-dev-delta/empty.jsonl": b"",
    }


if __name__ == "__main__":
    main()
