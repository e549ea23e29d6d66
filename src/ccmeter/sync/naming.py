"""What machines tell of their projects: ids, and names where a person allows it.

An id is a keyed hash of the repository's remote, else of the folder's last part, so that the same project on two machines
has one. Of several names for an id the one that was told last counts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from ccmeter.sync import documents
from ccmeter.sync.documents import Document
from ccmeter.sync.records import MAX_PAYLOAD
from ccmeter.sync.subkeys import project_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccmeter.sync.subkeys import IdentityKeys

MAX_NAME: Final = 80
_Id = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
_Name = Annotated[str, msgspec.Meta(max_length=MAX_NAME)]
_Rows = list[tuple[_Id, _Name]]
_SCHEME: Final = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_USER: Final = re.compile(r"^[^/@]*@")


def identified(keys: IdentityKeys, folder: str, remote: str) -> str:
    """Give the id of the project in a folder; `remote` is the address of its repository, empty if it has none."""
    if remote:
        return project_id(keys, "remote:" + normal(remote))
    return project_id(keys, "folder:" + last_part(folder))


def normal(remote: str) -> str:
    """Give the address of a repository in one spelling, whichever way it is reached."""
    text = _USER.sub("", _SCHEME.sub("", remote.strip())).rstrip("/").removesuffix(".git")
    host, colon, path = text.partition(":")
    if colon and "/" not in host:  # host:path, as ssh has it, or a port
        path = re.sub(r"^\d+/", "", path)
        text = f"{host}/{path.lstrip('/')}"
    return text.lower()


def last_part(folder: str) -> str:
    """Give the last part of a path of either kind of system."""
    parts = [part for part in re.split(r"[\\/]+", folder) if part]
    return parts[-1] if parts else folder


def encode(names: Mapping[str, str]) -> bytes:
    """Give the payload that tells names by project id; the longest are shortened, and what does not fit is left out."""
    rows: _Rows = []
    size = 16
    for project, name in sorted(names.items()):
        short = name[:MAX_NAME]
        size += 20 + len(short.encode("utf-8", "replace"))
        if size > MAX_PAYLOAD:
            break
        rows.append((bytes.fromhex(project), short))
    return documents.write({"p": rows})


def decode(payload: bytes) -> dict[str, str]:
    """Give names by project id. Raises CodecError."""
    return {project.hex(): name for project, name in Document(payload).take("p", _Rows)}


def merged(told: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Give one name per id, of what devices told in this order: the first that has one."""
    found: dict[str, str] = {}
    for _, payload in told:
        for project, name in decode(payload).items():
            if name:
                found.setdefault(project, name)
    return found
