"""What a call costs by the rates of a snapshot: the rule of `ccmeter.pricing.rule`, held equal to it by a test.

It is written down twice because the other form cannot be loaded within the time that a status line has.
"""

from ccmeter.statusline.snapshot import Snapshot, number, table, text
from ccmeter.statusline.transcript import Call

_REFUSAL_FREE_SINCE_US = 1_780_358_400_000_000
_RATE_FIELDS = 12


def pico(snapshot: Snapshot, call: Call) -> tuple[int, int]:
    """Give what a call costs in pico-dollars, and how many of its tokens that leaves out for want of a price."""
    own = _own_pico(snapshot, call)
    parts = [
        (_part_pico(snapshot, call, kind, model, counts), _tokens(counts))
        for kind, model, counts in call.parts.values()
    ]
    if own is None:
        return 0, _tokens(call.counts) + sum(tokens for _, tokens in parts)
    return (
        own + sum(cost for cost, _ in parts if cost is not None),
        sum(tokens for cost, tokens in parts if cost is None),
    )


def classes(counts: list[int]) -> tuple[int, int, int, int, int]:
    """Give the five classes of tokens that logged counts mean; what the split lacks of its total was written for 5 m."""
    fresh, output, written, short, long, read = counts[:6]
    return fresh, output, short + max(written - short - long, 0), long, read


def _tokens(counts: list[int]) -> int:
    return sum(classes(counts))


def _own_pico(snapshot: Snapshot, call: Call) -> int | None:
    name = _name(snapshot, call.model)
    if name is None:
        return None
    is_dated_before = call.is_dated and call.us < _REFUSAL_FREE_SINCE_US
    if call.stop == "refusal" and call.counts[1] == 0 and not is_dated_before:
        return 0
    search_pico, searches = snapshot.web_search_pico, call.counts[6]
    cost = _tokens_pico(snapshot, str(name[0]), _situation(name, call), call, call.counts)
    if cost is None or (searches and search_pico is None):
        return None
    return cost + searches * (search_pico or 0)


def _part_pico(snapshot: Snapshot, call: Call, kind: str, model: str, counts: list[int]) -> int | None:
    name, own = _name(snapshot, model), _name(snapshot, call.model)
    if name is None or own is None:
        return None
    speed, place, tier = _situation(own, call)
    return _tokens_pico(
        snapshot, str(name[0]), ("standard" if kind == "advisor" else speed, place, tier), call, counts
    )


def _name(snapshot: Snapshot, model: str) -> list[object] | None:
    """Give what a model id means: model, is fast, is batch, place; None where it has no price or is not known."""
    name = snapshot.names.get(model)
    if name is None:
        stem = _stem(model)
        name = snapshot.names.get(stem)
        if type(name) is list and name[:1] != [stem]:  # an alias is for the id that it names alone
            name = None
    return name if type(name) is list and len(name) == 4 and text(name[0]) else None  # noqa: PLR2004


def _stem(model: str) -> str:
    """Give the model's name of an id that only adds the day of its release, and the size of its context, to it.

    All else that an id can say is left to the next reading, which knows the grammar of ids.
    """
    name, day = model.removesuffix("[1m]"), ""
    if name[-9:-6] == "-20" and name[-8:].isdecimal() and name.isascii():
        name, day = name[:-9], name[-4:]
    is_plain = name.startswith("claude-") and name == name.lower() and "." not in name
    is_day = not day or ("01" <= day[:2] <= "12" and "01" <= day[2:] <= "31")
    return name if is_plain and is_day else ""


def _situation(name: list[object], call: Call) -> tuple[str, str, str]:
    return (
        "fast" if call.speed == "fast" or name[1] else "standard",
        "us" if call.geo == "us" else text(name[3]),
        "batch" if call.tier == "batch" or name[2] else "standard",
    )


def _tokens_pico(
    snapshot: Snapshot, model: str, situation: tuple[str, str, str], call: Call, counts: list[int]
) -> int | None:
    """Price tokens by the one row that matches; None where none does or a class in use has no price."""
    fresh, _, short, long, read = tokens = classes(counts)
    prompt = fresh + short + long + read
    rows = snapshot.rates.get(model)
    for row in rows if type(rows) is list else ():
        if type(row) is not list or len(row) != _RATE_FIELDS or tuple(row[:3]) != situation:
            continue
        numbers = [number(value) for value in row[3:]]
        since_us, until_us, over, below, *rates = (-1 if value is None else value for value in numbers)
        # an undated call takes the newest card, as one of the far future would
        if since_us <= min(call.us, (1 << 62) - 1) < until_us and over <= prompt < below:
            return _sum(tokens, rates)
    return None


def _sum(tokens: tuple[int, ...], rates: list[int]) -> int | None:
    pairs = list(zip(tokens, rates, strict=True))
    return (
        None if any(count > 0 > rate for count, rate in pairs) else sum(count * rate for count, rate in pairs)
    )


def known_call(document: object) -> tuple[Call, int, int] | None:
    """Read a call that a snapshot has counted: the call, the pico-dollars and the unpriced tokens counted for it."""
    found = table(document)
    counts = _numbers(found.get("counts"), 7)
    if counts is None:
        return None
    call = Call()
    call.counts = counts
    at_us = number(found.get("us"))
    call.us = call.us if at_us is None else at_us
    call.model, call.speed, call.stop = (text(found.get(key)) for key in ("model", "speed", "stop"))
    call.tier, call.geo = text(found.get("tier")), text(found.get("geo"))
    parts = found.get("parts")
    for part in parts if type(parts) is list else ():
        if type(part) is list and len(part) == 9 and type(part[0]) is int:  # noqa: PLR2004
            tokens = _numbers(part[3:], 6)
            if tokens is not None:
                call.parts[part[0]] = (text(part[1]), text(part[2]), tokens)
    return call, number(found.get("pico")) or 0, number(found.get("unpriced_tokens")) or 0


def _numbers(value: object, wanted: int) -> list[int] | None:
    if type(value) is not list or len(value) != wanted or any(type(each) is not int for each in value):
        return None
    return list(value)
