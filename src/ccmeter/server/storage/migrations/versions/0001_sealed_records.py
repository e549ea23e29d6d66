"""Accounts, devices, vaults and their sealed records; what belongs to the server itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    _server()
    _accounts()
    _vaults()
    _staging()
    _records()


def downgrade() -> None:
    """Drop them."""
    for table in (
        "stage_record",
        "stage_key",
        "stage",
        "record",
        "commit_tick",
        "generation_key",
        "vault",
        "ticket",
        "mailbox",
        "device",
        "account",
        "setting",
        "rate",
        "invite",
        "audit",
    ):
        op.drop_table(table)


def _server() -> None:
    """Make what belongs to nobody."""
    op.create_table(
        "audit",
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_audit")),
    )
    op.create_table(
        "invite",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_invite")),
    )
    op.create_table(
        "rate",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate")),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )


def _accounts() -> None:
    """Make accounts, and how devices come in."""
    op.create_table(
        "account",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    op.create_table(
        "device",
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("last_seen_at", sa.Double(), nullable=True),
        sa.Column("revoked_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_device_account")),
        sa.PrimaryKeyConstraint("account", "id", name=op.f("pk_device")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_device_token_hash")),
    )
    op.create_table(
        "mailbox",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_mailbox_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox")),
    )
    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mailbox_account"), ["account"], unique=False)
    op.create_table(
        "ticket",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("device", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_ticket_account")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_ticket")),
    )
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_account"), ["account"], unique=False)


def _vaults() -> None:
    """Make vaults."""
    op.create_table(
        "vault",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("gen", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("tick", sa.LargeBinary(), nullable=False),
        sa.Column("origin_tick", sa.LargeBinary(), nullable=False),
        sa.Column("key_check", sa.LargeBinary(), nullable=False),
        sa.Column("recovery", sa.LargeBinary(), nullable=False),
        sa.Column("recovery_token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("rotated_from", sa.LargeBinary(), nullable=True),
        sa.Column("rotated_to", sa.LargeBinary(), nullable=True),
        sa.Column("rotated_seq", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_vault_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault")),
        sa.UniqueConstraint("account", name=op.f("uq_vault_account")),
        sa.UniqueConstraint("recovery_token_hash", name=op.f("uq_vault_recovery_token_hash")),
    )
    op.create_table(
        "commit_tick",
        sa.Column("vault", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("tick", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["vault"], ["vault.id"], name=op.f("fk_commit_tick_vault")),
        sa.PrimaryKeyConstraint("vault", "seq", name=op.f("pk_commit_tick")),
    )
    with op.batch_alter_table("commit_tick", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_commit_tick_vault_tick"), ["vault", "tick"], unique=False)
    op.create_table(
        "generation_key",
        sa.Column("vault", sa.LargeBinary(), nullable=False),
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["vault"], ["vault.id"], name=op.f("fk_generation_key_vault")),
        sa.PrimaryKeyConstraint("vault", "device", name=op.f("pk_generation_key")),
    )


def _staging() -> None:
    """Make the place of generations in the making."""
    op.create_table(
        "stage",
        sa.Column("vault", sa.LargeBinary(), nullable=False),
        sa.Column("gen", sa.BigInteger(), nullable=False),
        sa.Column("base_seq", sa.BigInteger(), nullable=False),
        sa.Column("base_tick", sa.LargeBinary(), nullable=False),
        sa.Column("base_count", sa.BigInteger(), nullable=False),
        sa.Column("base_digest", sa.LargeBinary(), nullable=False),
        sa.Column("key_check", sa.LargeBinary(), nullable=False),
        sa.Column("began_at", sa.Double(), nullable=False),
        sa.Column("recovery", sa.LargeBinary(), nullable=True),
        sa.Column("recovery_token_hash", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["vault"], ["vault.id"], name=op.f("fk_stage_vault")),
        sa.PrimaryKeyConstraint("vault", name=op.f("pk_stage")),
    )
    op.create_table(
        "stage_key",
        sa.Column("vault", sa.LargeBinary(), nullable=False),
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["vault"], ["vault.id"], name=op.f("fk_stage_key_vault")),
        sa.PrimaryKeyConstraint("vault", "device", name=op.f("pk_stage_key")),
    )
    op.create_table(
        "stage_record",
        sa.Column("vault", sa.LargeBinary(), nullable=False),
        sa.Column("rid", sa.LargeBinary(), nullable=False),
        sa.Column("owner", sa.LargeBinary(), nullable=False),
        sa.Column("ver", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("ct", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["vault"], ["vault.id"], name=op.f("fk_stage_record_vault")),
        sa.PrimaryKeyConstraint("vault", "rid", name=op.f("pk_stage_record")),
    )


def _records() -> None:
    """Make sealed records."""
    op.create_table(
        "record",
        sa.Column("vault", sa.LargeBinary(), nullable=False),
        sa.Column("rid", sa.LargeBinary(), nullable=False),
        sa.Column("owner", sa.LargeBinary(), nullable=False),
        sa.Column("ver", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("ct", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["vault"], ["vault.id"], name=op.f("fk_record_vault")),
        sa.PrimaryKeyConstraint("vault", "rid", name=op.f("pk_record")),
    )
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_record_vault_seq"), ["vault", "seq"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        for table in ("record", "stage_record"):
            op.execute(
                f"ALTER TABLE {table} ALTER COLUMN ct SET STORAGE EXTERNAL"
            )  # sealed bytes do not compress
