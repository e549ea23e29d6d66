"""A server of plain state: the rules of protocol 1 without HTTP and without a database."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass, field

from ccmeter.sync.remotes.base import RemoteError
from ccmeter.wire import v1

_PAGE = 5
"""Records in a page: few, so that borders are met often."""


class Dice:
    """Random bytes that are the same in every run."""

    def __init__(self, seed: int) -> None:
        self._drawn, self._seed = 0, seed

    def __call__(self, size: int) -> bytes:
        self._drawn += 1
        return hashlib.shake_256(f"{self._seed}:{self._drawn}".encode()).digest(size)


@dataclass
class Stored:
    """A record as it lies there."""

    owner: bytes
    ver: int
    seq: int
    ct: bytes


@dataclass
class Staging:
    """A generation in the making."""

    begun: v1.NewGeneration
    records: dict[bytes, Stored] = field(default_factory=dict)


@dataclass
class Enrolled:
    """A device."""

    token_hash: bytes
    is_revoked: bool = False


@dataclass
class Vault:
    """All that a server holds of one vault."""

    vault: bytes
    key_check: bytes
    recovery: bytes
    recovery_hash: bytes
    tick: bytes
    gen: int = 0
    seq: int = 0
    ticks: dict[bytes, int] = field(default_factory=dict)
    records: dict[bytes, Stored] = field(default_factory=dict)
    keys: dict[bytes, bytes] = field(default_factory=dict)
    devices: dict[bytes, Enrolled] = field(default_factory=dict)
    tickets: set[bytes] = field(default_factory=set)
    mail: dict[bytes, bytes | None] = field(default_factory=dict)
    staging: Staging | None = None
    rotated: tuple[bytes, v1.Commit] | None = None
    """The tick that the last rotation was made from, and what it came to."""


class Server:
    """One server with one vault."""

    def __init__(self, draw: Dice) -> None:
        self.draw = draw
        self.vault: Vault | None = None

    def snapshot(self) -> Vault | None:
        """Give a copy of all that it holds."""
        return copy.deepcopy(self.vault)

    def restore(self, vault: Vault | None) -> None:
        """Go back to a copy."""
        self.vault = copy.deepcopy(vault)


def refused(code: str) -> RemoteError:
    """Give the refusal of that code."""
    return RemoteError(f"refused: {code}", answer=code)


class MemoryRemote:
    """The server as the holder of one token sees it."""

    def __init__(self, server: Server, token: str) -> None:
        self._server = server
        self._hash = hashlib.sha256(token.encode()).digest()

    def info(self) -> v1.Info:
        return v1.Info(name="memory", version="0", features=("sync",), registration="open", server_time=0.0)

    def register(self, account: v1.NewAccount) -> v1.Head:
        if (known := self._server.vault) is not None:
            same = (
                known.vault == account.vault
                and known.devices[account.device].token_hash == account.token_hash
            )
            if not same:
                raise refused("vault_exists")
            return self._head(known)
        made = Vault(
            vault=account.vault,
            key_check=account.key_check,
            recovery=account.recovery,
            recovery_hash=account.recovery_token_hash,
            tick=self._server.draw(16),
            keys={key.device: key.sealed for key in account.keys},
            devices={account.device: Enrolled(account.token_hash)},
        )
        made.ticks[made.tick] = 0
        self._server.vault = made
        return self._head(made)

    def allow(self, ticket: v1.NewTicket) -> None:
        self._mine()[0].tickets.add(ticket.ticket_hash)

    def enrol(self, device: v1.NewDevice) -> v1.Head:
        vault = self._vault()
        known = vault.devices.get(device.device)
        if known is not None and known.token_hash == device.token_hash and not known.is_revoked:
            return self._head(vault)
        if known is not None:
            raise refused("device_exists")
        if self._hash != vault.recovery_hash and self._hash not in vault.tickets:
            raise refused("bad_token")
        if device.gen != vault.gen:
            raise refused("wrong_generation")
        vault.tickets.discard(self._hash)
        vault.devices[device.device] = Enrolled(device.token_hash)
        vault.keys[device.device] = device.key.sealed
        self._committed(vault, 1)
        return self._head(vault)

    def devices(self) -> v1.Devices:
        vault, _ = self._mine()
        return v1.Devices(
            devices=tuple(
                v1.Device(
                    device=device,
                    created_at=0.0,
                    last_seen_at=None,
                    revoked_at=0.0 if each.is_revoked else None,
                )
                for device, each in vault.devices.items()
            )
        )

    def revoke(self, device: bytes) -> None:
        vault, _ = self._mine()
        if device not in vault.devices:
            raise refused("not_found")
        vault.devices[device].is_revoked = True
        vault.keys.pop(device, None)

    def replace_recovery(self, recovery: v1.NewRecovery) -> None:
        vault, _ = self._mine()
        if recovery.gen != vault.gen:
            raise refused("wrong_generation")
        if recovery.recovery_token_hash == vault.recovery_hash:
            return
        vault.keys.pop(vault.recovery, None)
        vault.recovery, vault.recovery_hash = recovery.recovery, recovery.recovery_token_hash
        vault.keys[recovery.recovery] = recovery.key.sealed
        self._committed(vault, 1)

    def head(self) -> v1.Head:
        return self._head(self._mine()[0])

    def changes(self, gen: int, seq: int, tick: bytes, witness: bytes) -> v1.Changes:
        vault, _ = self._mine()
        if gen != vault.gen:
            raise refused("wrong_generation")
        if (seq and vault.ticks.get(tick) != seq) or (witness and witness not in vault.ticks):
            raise refused("cursor_unknown")
        ordered = sorted(
            ((rid, each) for rid, each in vault.records.items() if each.seq > seq),
            key=lambda pair: pair[1].seq,
        )
        ends = sorted((end, mark) for mark, end in vault.ticks.items() if end > seq)
        page: list[tuple[bytes, Stored]] = []
        upto = (seq, tick)
        for end in ends:
            inside = [pair for pair in ordered if upto[0] < pair[1].seq <= end[0]]
            if page and len(page) + len(inside) > _PAGE:
                break
            page += inside
            upto = end
        return v1.Changes(
            gen=vault.gen,
            records=tuple(
                v1.Record(rid=rid, owner=each.owner, ver=each.ver, seq=each.seq, ct=each.ct)
                for rid, each in page
            ),
            seq=upto[0],
            tick=upto[1] or vault.tick,
            is_last=upto[0] == vault.seq,
        )

    def push(self, push: v1.Push) -> v1.Commit:
        vault, device = self._mine()
        if push.gen != vault.gen:
            raise refused("wrong_generation")
        if len({each.rid for each in push.records}) < len(push.records):
            raise refused("invalid")
        fresh = []
        for each in push.records:
            known = vault.records.get(each.rid)
            if known is not None and known.ver == each.ver and known.ct == each.ct:
                continue
            if (known.ver if known else 0) != each.prev or each.ver != each.prev + 1:
                raise refused("version_conflict")
            owner = vault.vault if each.is_shared else device
            if known is not None and known.owner != owner:
                raise refused("not_found")
            if len(each.ct) not in v1.BODY_BYTES:
                raise refused("bad_padding")
            fresh.append((each, owner))
        if not fresh:
            last = max(vault.records[each.rid].seq for each in push.records)
            end, mark = min((end, mark) for mark, end in vault.ticks.items() if end >= last)
            return v1.Commit(seq=end, tick=mark)
        first = vault.seq + 1
        self._committed(vault, len(fresh))
        for place, (each, owner) in enumerate(fresh):
            vault.records[each.rid] = Stored(owner, each.ver, first + place, each.ct)
        return v1.Commit(seq=vault.seq, tick=vault.tick)

    def begin(self, generation: v1.NewGeneration) -> None:
        vault, _ = self._mine()
        if generation.gen <= vault.gen:
            raise refused("wrong_generation")
        if generation.base != base_of(vault):
            raise refused("base_moved")
        vault.staging = Staging(generation)

    def stage(self, gen: int, stage: v1.Stage) -> None:
        vault, _ = self._mine()
        if vault.staging is None or vault.staging.begun.gen != gen:
            raise refused("not_found")
        for each in stage.records:
            vault.staging.records[each.rid] = Stored(each.owner, each.ver, 0, each.ct)

    def commit(self, gen: int, commit: v1.CommitGeneration) -> v1.Commit:
        vault, _ = self._mine()
        if vault.rotated is not None and gen == vault.gen and vault.rotated[0] == commit.base.tick:
            return vault.rotated[1]
        staging = vault.staging
        if staging is None or staging.begun.gen != gen:
            raise refused("not_found")
        if commit.base != base_of(vault) or staging.begun.base != commit.base:
            raise refused("base_moved")
        if commit.count != len(staging.records):
            raise refused("stage_mismatch")
        first = vault.seq + 1
        self._committed(vault, max(len(staging.records), 1))
        for place, each in enumerate(staging.records.values()):
            each.seq = first + place
        vault.records = staging.records
        vault.gen, vault.key_check = gen, staging.begun.key_check
        if (pair := staging.begun.recovery) is not None:
            vault.recovery, vault.recovery_hash = pair.id, pair.token_hash
        left = {vault.recovery, *(each for each, known in vault.devices.items() if not known.is_revoked)}
        vault.keys = {key.device: key.sealed for key in staging.begun.keys if key.device in left}
        vault.staging = None
        done = v1.Commit(seq=vault.seq, tick=vault.tick)
        vault.rotated = (commit.base.tick, done)
        return done

    def key(self) -> v1.Key:
        vault = self._vault()
        who = vault.recovery if self._hash == vault.recovery_hash else self._mine()[1]
        if who not in vault.keys:
            raise refused("not_found")
        return v1.Key(gen=vault.gen, vault=vault.vault, sealed=vault.keys[who], key_check=vault.key_check)

    def leave_mail(self, mailbox: bytes, mail: v1.Mail) -> None:
        self._mine()[0].mail[mailbox] = mail.sealed

    def claim_mail(self, mailbox: bytes) -> v1.Claimed:
        mail = self._vault().mail
        if mailbox not in mail:
            raise refused("not_found")
        if (sealed := mail[mailbox]) is None:
            raise refused("mailbox_gone")
        mail[mailbox] = None
        return v1.Claimed(sealed=sealed)

    def mail_state(self, mailbox: bytes) -> v1.Mailbox:
        mail = self._mine()[0].mail
        if mailbox not in mail:
            raise refused("not_found")
        return v1.Mailbox(is_claimed=mail[mailbox] is None)

    def delete_vault(self) -> None:
        vault, _ = self._mine()
        for held in (vault.records, vault.ticks, vault.keys, vault.tickets, vault.mail):
            held.clear()
        vault.staging = vault.rotated = None
        vault.seq, vault.tick = 0, self._server.draw(16)
        vault.ticks[vault.tick] = 0

    def delete_account(self) -> None:
        self._mine()
        self._server.vault = None

    def export(self) -> bytes:
        vault, _ = self._mine()
        return b"".join(rid.hex().encode() + b"\n" for rid in vault.records)

    def _vault(self) -> Vault:
        if self._server.vault is None:
            raise refused("bad_token")
        return self._server.vault

    def _mine(self) -> tuple[Vault, bytes]:
        """Give the vault and the device of the token."""
        vault = self._vault()
        for device, each in vault.devices.items():
            if each.token_hash == self._hash:
                if each.is_revoked:
                    raise refused("device_revoked")
                return vault, device
        raise refused("bad_token")

    def _head(self, vault: Vault) -> v1.Head:
        return v1.Head(
            vault=vault.vault,
            gen=vault.gen,
            seq=vault.seq,
            tick=vault.tick,
            key_check=vault.key_check,
            poll_after=30.0,
        )

    def _committed(self, vault: Vault, count: int) -> None:
        vault.seq += count
        vault.tick = self._server.draw(16)
        vault.ticks[vault.tick] = vault.seq


def base_of(vault: Vault) -> v1.Base:
    """Give what a new generation must have been made from."""
    digest = hashlib.sha256()
    for rid, each in sorted(vault.records.items()):
        digest.update(rid + each.ver.to_bytes(8, "big") + hashlib.sha256(each.ct).digest())
    return v1.Base(seq=vault.seq, tick=vault.tick, count=len(vault.records), digest=digest.digest())
