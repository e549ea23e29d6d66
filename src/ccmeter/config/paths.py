"""The folders that are read and written: flag, then environment, then the platform's own place.

The environment comes in as a mapping, so that nothing here depends on the process it runs in.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

STORE_NAME: Final = "ccmeter.duckdb"

_APP: Final = "ccmeter"


def data_dir(flag: Path | None, environment: Mapping[str, str]) -> Path:
    """Give the folder of the store: `--data-dir`, `CCMETER_DATA_DIR`, or the platform's folder for data."""
    if flag is not None:
        return expanded(flag)
    if named := environment.get("CCMETER_DATA_DIR"):
        return expanded(Path(named))
    import platformdirs

    return Path(platformdirs.user_data_dir(_APP, appauthor=False))


def config_file(environment: Mapping[str, str]) -> Path:
    """Give the settings file, whether or not it exists: `CCMETER_CONFIG`, or the platform's folder for settings."""
    if named := environment.get("CCMETER_CONFIG"):
        return expanded(Path(named))
    import platformdirs

    return Path(platformdirs.user_config_dir(_APP, appauthor=False)) / "config.toml"


def claude_dirs(flags: Sequence[Path], environment: Mapping[str, str], home: Path) -> tuple[Path, ...]:
    """Give Claude Code's configuration folders, whether or not they exist.

    `--claude-dir`, else `CLAUDE_CONFIG_DIR` (a list separated by commas or as PATH is), else both default places.
    """
    if flags:
        return _distinct(map(expanded, flags))
    if named := environment.get("CLAUDE_CONFIG_DIR", "").strip():
        return _distinct(expanded(Path(part.strip())) for part in _listed(named) if part.strip())
    config_home = environment.get("XDG_CONFIG_HOME") or str(home / ".config")
    return _distinct((home / ".claude", expanded(Path(config_home)) / "claude"))


def expanded(path: Path) -> Path:
    """Give a path with its `~` replaced; one whose home folder nobody knows stays as it is."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def _listed(named: str) -> list[str]:
    if os.pathsep == ";":  # a colon belongs to a drive there
        return re.split("[,;]", named)
    return re.split("[,:]", named)


def _distinct(folders: Iterable[Path]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(folders))
