"""The spool: every run appends what Claude Code told of limits, cost and context; the next reading of the logs takes it in.

One JSON object per line in `spool/readings-YYYY-MM-DD.jsonl` (UTC day) in the folder of the store. A line is one write
to a file opened for appending, so that hundreds of runs at once, or one killed in the middle, leave whole lines.

    {"v":1,"at_us":int,"session":str,"model":str|null,"cost_usd":number|null,"context_tokens":int|null,
     "context_size":int|null,"context_bp":int|null,"effort":str|null,
     "windows":{"five_hour"|"seven_day":{"used_bp":int,"resets_s":int|null}}}
"""

import json
import os
import time

from ccmeter.statusline.said import Said

FOLDER = "spool"
SAME_FOR_US = 60_000_000
"""What a session said within this time and says again is not written again."""
_LOOK_BACK_BYTES = 65_536
_MOST_BYTES = 256 * 1024 * 1024
"""Of a file that nobody takes in: then something is wrong, and a full disk would make it worse."""


def append(folder: str, said: Said, now_us: int) -> bool:
    """Append what was said, unless it says nothing or nothing new; tell whether it was. Raises OSError."""
    if not said.session or (not said.windows and said.cost_usd is None and said.context_bp is None):
        return False
    rest = _rest(said)
    path = path_of(folder, now_us)
    descriptor = _opened(path)
    try:
        if os.fstat(descriptor).st_size > _MOST_BYTES or _is_repeated(descriptor, said.session, rest, now_us):
            return False
        line = f'{{"v":1,"at_us":{now_us},{rest}\n'.encode()
        written = os.write(descriptor, line)
        if written < len(line):  # the disk is full: end the broken line, so that it spoils no other
            os.write(descriptor, b"\n")
        return written == len(line)
    finally:
        os.close(descriptor)


def path_of(folder: str, now_us: int) -> str:
    """Give the file of the UTC day that an instant is in."""
    day = time.strftime("%Y-%m-%d", time.gmtime(now_us // 1_000_000))
    return os.path.join(folder, FOLDER, f"readings-{day}.jsonl")  # noqa: PTH118


def _opened(path: str) -> int:
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)  # noqa: PTH103, PTH120
        return os.open(path, flags, 0o600)


def _rest(said: Said) -> str:
    """Give a line from its third key on: what two readings are compared by."""
    document = {
        "session": said.session,
        "model": said.model_id or None,
        "cost_usd": said.cost_usd,
        "context_tokens": said.context_tokens,
        "context_size": said.context_size,
        "context_bp": said.context_bp,
        "effort": said.effort or None,
        "windows": {
            name: {"used_bp": used_bp, "resets_s": resets_s}
            for name, (used_bp, resets_s) in said.windows.items()
        },
    }
    return json.dumps(document, separators=(",", ":"))[1:]


def _is_repeated(descriptor: int, session: str, rest: str, now_us: int) -> bool:
    """Tell whether the session's last line in the file's end says the same and is young."""
    size = os.fstat(descriptor).st_size
    os.lseek(descriptor, max(size - _LOOK_BACK_BYTES, 0), os.SEEK_SET)
    end = os.read(descriptor, _LOOK_BACK_BYTES)
    place = end.rfind(f'"session":{json.dumps(session)},'.encode())
    if place < 0:
        return False
    start = end.rfind(b"\n", 0, place) + 1
    stop = end.find(b"\n", place)
    before, _, after = end[start : stop if stop >= 0 else len(end)].partition(b',"session":')
    at_us = before.rpartition(b":")[2]
    is_same = b'"session":' + after == rest.encode()
    return is_same and at_us.isdigit() and -SAME_FOR_US < now_us - int(at_us) < SAME_FOR_US
