"""How the line is to look and where things are kept: flag, then environment, then settings file, then default.

The same names and the same order as for every other command (`ccmeter.cli.settings`), found without loading what reads
them there: the snapshot keeps what the settings file said, and the file is decoded only when it is no longer that file.
A value that makes no sense is passed over here; `ccmeter config check` complains of it.
"""

import os
import sys

from ccmeter.statusline import currency
from ccmeter.statusline.snapshot import Snapshot, table

DEFAULT_TEMPLATE = "{model} · {session_cost} · [today {today}] · [block {block}] · [ctx {context}] · {five_hour} · {week} · {age}"
OWN = ("template", "wrap", "wrap-timeout", "warn", "alarm", "refresh")
"""Options of this command alone."""
_SHARED = ("currency",)
"""Options that can be set for all commands at once, too."""
FLAGS = frozenset({"--refresh", "--no-refresh"})
_DATA_DIR = "data-dir"
_RATES = "rates"
"""Beside the options: the table `[currency.rates]`."""
_MOST_FILE_BYTES = 1_000_000
_APP = "ccmeter"
_TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})
_FALSE = frozenset({"0", "false", "f", "no", "n", "off"})


class Settings:
    """The settings of one run."""

    __slots__ = ("alarm", "currency", "refresh", "template", "warn", "wrap", "wrap_timeout_s")

    def __init__(self, values: dict[str, object]) -> None:
        """Take what makes sense of values by their options' names."""
        self.template = _text(values.get("template")) or DEFAULT_TEMPLATE
        self.wrap = _text(values.get("wrap"))
        self.wrap_timeout_s = _number(values.get("wrap-timeout"), 5.0)
        self.warn = _number(values.get("warn"), 70.0)
        """From this percentage on in yellow."""
        self.alarm = _number(values.get("alarm"), 90.0)
        """From this percentage on in red."""
        self.refresh = _flag(values.get("refresh"), default=True)
        self.currency = currency.chosen(_text(values.get("currency")), values.get(_RATES))
        """Dollars where there is no rate for the one named: the sign before an amount says which it is."""


def parsed(arguments: list[str]) -> dict[str, str] | None:
    """Read the arguments behind `statusline`; None where any is not an option of the hook, so that they mean something else."""
    found: dict[str, str] = {}
    rest = iter(arguments)
    for word in rest:
        name, mark, value = word.partition("=")
        if word in FLAGS:
            found["refresh"] = "false" if word.startswith("--no-") else "true"
            continue
        if name[:2] != "--" or name[2:] not in (*OWN, *_SHARED, _DATA_DIR, "config") or name in FLAGS:
            return None
        given = value if mark else next(rest, None)
        if given is None:
            return None
        found[name[2:]] = given
    return found


def config_file(flags: dict[str, str], environment: "os._Environ[str] | dict[str, str]") -> str:
    """Give the settings file, whether or not it is there; the rule of `config.paths`."""
    named = flags.get("config") or environment.get("CCMETER_CONFIG")
    if named:
        return os.path.expanduser(named)  # noqa: PTH111
    return os.path.join(_base(environment, "XDG_CONFIG_HOME", ".config"), _APP, "config.toml")  # noqa: PTH118


def data_dir(flags: dict[str, str], environment: "os._Environ[str] | dict[str, str]") -> str:
    """Give the folder of the store that a flag or the environment names; empty where neither does."""
    named = (
        flags.get(_DATA_DIR)
        or environment.get("CCMETER_STATUSLINE_DATA_DIR")
        or environment.get("CCMETER_DATA_DIR")
    )
    return os.path.expanduser(named) if named else ""  # noqa: PTH111


def default_data_dir(environment: "os._Environ[str] | dict[str, str]") -> str:
    """Give the platform's folder for data of ours; the rule of `config.paths`."""
    return os.path.join(_base(environment, "XDG_DATA_HOME", ".local/share"), _APP)  # noqa: PTH118


def data_dir_in(values: dict[str, object]) -> str:
    """Give the folder of the store that the settings file names; empty where it names none."""
    return os.path.expanduser(_text(values.get(_DATA_DIR)))  # noqa: PTH111


def taken(file: str) -> dict[str, object] | None:
    """Give what a snapshot keeps of the settings file: path, time, size, and what it says of the status line.

    None where there is no such file. One that cannot be decoded says nothing. This is the only part that loads `tomllib`.
    """
    try:
        state = os.stat(file)  # noqa: PTH116
    except (OSError, ValueError):
        return None
    return {"path": file, "mtime_ns": state.st_mtime_ns, "size": state.st_size, "values": _values(file)}


def in_file(file: str, snapshot: Snapshot) -> dict[str, object]:
    """Give what the settings file says, from the snapshot if that has seen the file as it is now."""
    kept = snapshot.settings
    try:
        state = os.stat(file)  # noqa: PTH116
    except (OSError, ValueError):
        return {}
    if (kept.get("path"), kept.get("mtime_ns"), kept.get("size")) == (file, state.st_mtime_ns, state.st_size):
        return table(kept.get("values"))
    return _values(file)


def settled(
    flags: dict[str, str], environment: "os._Environ[str] | dict[str, str]", values: dict[str, object]
) -> Settings:
    """Put together what flags, environment and file say."""
    found = dict(values)
    for prefix, names in (("CCMETER_", _SHARED), ("CCMETER_STATUSLINE_", (*OWN, *_SHARED))):
        for name in names:
            if said := environment.get(f"{prefix}{name.replace('-', '_').upper()}"):
                found[name] = said
    return Settings(found | flags)


def _values(file: str) -> dict[str, object]:
    """Decode the settings file, and give what it says of the options of this command."""
    import tomllib

    try:
        with open(file, "rb") as opened:  # noqa: PTH123
            document: dict[str, object] = tomllib.loads(opened.read(_MOST_FILE_BYTES).decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}
    found: dict[str, object] = {}
    money = table(document.get("currency"))
    for place in ({"currency": money.get("code")}, document, table(document.get("options"))):
        _take(found, place, (*_SHARED, _DATA_DIR))
    _take(found, table(document.get("statusline")), (*OWN, *_SHARED, _DATA_DIR))
    if rates := currency.in_force(table(money.get(_RATES))):
        found[_RATES] = rates
    return found


def _take(found: dict[str, object], place: dict[str, object], names: tuple[str, ...]) -> None:
    for name in names:
        for key in (name.replace("-", "_"), name):
            if isinstance(value := place.get(key), str | int | float):
                found[name] = value


def _base(environment: "os._Environ[str] | dict[str, str]", variable: str, below_home: str) -> str:
    """Give the folder that the platform keeps such things in; `platformdirs` costs more than the whole run."""
    named = environment.get(variable, "").strip()
    if sys.platform == "win32":
        return environment.get("LOCALAPPDATA") or os.path.expanduser("~\\AppData\\Local")  # noqa: PTH111
    if named and os.path.isabs(named):  # noqa: PTH117
        return named
    if sys.platform == "darwin":
        return os.path.expanduser("~/Library/Application Support")  # noqa: PTH111
    return os.path.join(os.path.expanduser("~"), below_home)  # noqa: PTH111, PTH118


def _text(value: object) -> str:
    return value if type(value) is str else ""


def _number(value: object, default: float) -> float:
    """Give a number of 0 or more, also one that is written as text."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return default
    is_number = type(value) is float or type(value) is int
    return value if is_number and 0 <= value < 10**6 else default  # type: ignore[operator, return-value]


def _flag(value: object, *, default: bool) -> bool:
    text = str(value).lower()
    return True if text in _TRUE else False if text in _FALSE else default
