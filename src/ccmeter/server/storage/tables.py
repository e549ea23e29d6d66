"""The tables, as both databases have them.

Whatever belongs to a person carries `account` or `vault`: erasing goes by these columns, so a new table is reached by
itself. Times are seconds since 1970 UTC. Nothing here can be read without keys that the server never has.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

account: Final = Table(
    "account",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("created_at", Double, nullable=False),
)

device: Final = Table(
    "device",
    metadata,
    Column("account", ForeignKey(account.c.id), primary_key=True),
    Column("id", LargeBinary, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("created_at", Double, nullable=False),
    Column("last_seen_at", Double),
    Column("revoked_at", Double),
)

invite: Final = Table(
    "invite",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
)

ticket: Final = Table(
    "ticket",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("account", ForeignKey(account.c.id), nullable=False, index=True),
    Column("expires_at", Double, nullable=False),
    Column("device", LargeBinary),
)

vault: Final = Table(
    "vault",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("account", ForeignKey(account.c.id), nullable=False, unique=True),
    Column("gen", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("tick", LargeBinary, nullable=False),
    Column("origin_tick", LargeBinary, nullable=False),
    Column("key_check", LargeBinary, nullable=False),
    Column("recovery", LargeBinary, nullable=False),
    Column("recovery_token_hash", LargeBinary, nullable=False, unique=True),
    Column("records", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("rotated_from", LargeBinary),
    Column("rotated_to", LargeBinary),
    Column("rotated_seq", BigInteger),
)

generation_key: Final = Table(
    "generation_key",
    metadata,
    Column("vault", ForeignKey(vault.c.id), primary_key=True),
    Column("device", LargeBinary, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

commit_tick: Final = Table(
    "commit_tick",
    metadata,
    Column("vault", ForeignKey(vault.c.id), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("tick", LargeBinary, nullable=False),
    Column("at", Double, nullable=False),
    Index(None, "vault", "tick"),
)

record: Final = Table(
    "record",
    metadata,
    Column("vault", ForeignKey(vault.c.id), primary_key=True),
    Column("rid", LargeBinary, primary_key=True),
    Column("owner", LargeBinary, nullable=False),
    Column("ver", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("ct", LargeBinary, nullable=False),
    Index(None, "vault", "seq"),
)

stage: Final = Table(
    "stage",
    metadata,
    Column("vault", ForeignKey(vault.c.id), primary_key=True),
    Column("gen", BigInteger, nullable=False),
    Column("base_seq", BigInteger, nullable=False),
    Column("base_tick", LargeBinary, nullable=False),
    Column("base_count", BigInteger, nullable=False),
    Column("base_digest", LargeBinary, nullable=False),
    Column("key_check", LargeBinary, nullable=False),
    Column("began_at", Double, nullable=False),
    Column("recovery", LargeBinary),
    Column("recovery_token_hash", LargeBinary),
)

stage_key: Final = Table(
    "stage_key",
    metadata,
    Column("vault", ForeignKey(vault.c.id), primary_key=True),
    Column("device", LargeBinary, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

stage_record: Final = Table(
    "stage_record",
    metadata,
    Column("vault", ForeignKey(vault.c.id), primary_key=True),
    Column("rid", LargeBinary, primary_key=True),
    Column("owner", LargeBinary, nullable=False),
    Column("ver", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("ct", LargeBinary, nullable=False),
)

mailbox: Final = Table(
    "mailbox",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("account", ForeignKey(account.c.id), nullable=False, index=True),
    Column("expires_at", Double, nullable=False),
    Column("sealed", LargeBinary),
)

audit: Final = Table(
    "audit",
    metadata,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("event", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

rate: Final = Table(
    "rate",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("until_us", BigInteger, nullable=False),
)

setting: Final = Table(
    "setting",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

OF_SERVER: Final = frozenset({"invite", "audit", "rate", "setting"})
"""Tables that hold nothing of an account; every other has its column."""
