"""Tells of projects what a person allows: gives folders their ids, and ids their names.

Nothing is kept besides the ids in the ledger and the names in what was told last, so a crash in between only means that
the difference is found again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccmeter.sync import naming
from ccmeter.sync.cipher import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ccmeter.config.settings import ProjectsTold
    from ccmeter.ingest.git_remotes import Home
    from ccmeter.sync.ledger import Ledger
    from ccmeter.sync.subkeys import IdentityKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Gives what is told of projects: what `membership.Machine.projects` asks for."""

    ledger: Ledger
    identity: Callable[[], IdentityKeys]
    told: ProjectsTold
    look: Callable[[Iterable[str]], Mapping[str, Home]]
    """Finds the homes of folders."""

    def __call__(self) -> bytes | None:
        """Note the ids of folders that have none yet, and give the payload that tells names; None for nothing to tell."""
        before = self._before()
        places = self.ledger.places()
        is_off = self.told == "off"
        stale = [folder for folder, project in places.items() if project is None or bool(project) is is_off]
        known = before or {}
        wants_names = self.told == "names"
        unnamed = [folder for folder, project in places.items() if project and project not in known]
        homes = self.look([*stale, *(unnamed if wants_names else ())])
        if stale:
            keys = self.identity()
            ids = {
                folder: "" if is_off else naming.identified(keys, homes[folder].folder, homes[folder].remote)
                for folder in stale
            }
            self.ledger.place(ids)
            places = {**places, **ids}
        if not wants_names:
            return None if before is None else naming.encode({})
        names = {
            project: _name(homes[folder])
            for folder in sorted(homes, reverse=True)  # of several folders the first names it
            if (project := places[folder])
        }
        return naming.encode({**names, **known}) if names or before is not None else None

    def _before(self) -> dict[str, str] | None:
        """Give the names that this machine told last; None if it never told any."""
        state = self.ledger.state()
        for note in self.ledger.notes().values():
            if note.kind == Kind.PROJECTS.value and state is not None and note.owner == state.device:
                return naming.decode(note.body)
        return None


def _name(home: Home) -> str:
    return naming.last_part(home.remote.rstrip("/").removesuffix(".git").replace(":", "/") or home.folder)
