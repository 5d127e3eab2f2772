"""The tables of servers, management and webhooks."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "calls",
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("requester", "identifier", name=op.f("pk_calls")),
    )
    op.create_table(
        "installations",
        sa.Column("iccid", sa.Text(), nullable=False),
        sa.Column("eid", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sequence_number", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("iccid", "eid", name=op.f("pk_installations")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "operators",
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("notification_url", sa.Text(), nullable=False),
        sa.Column("notification_roots", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("identifier", name=op.f("pk_operators")),
    )
    op.create_table(
        "orders",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("iccid", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("profile_type", sa.Text(), nullable=False),
        sa.Column("matching_id", sa.Text(), nullable=True),
        sa.Column("eid", sa.Text(), nullable=True),
        sa.Column("confirmation_code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("confirmation_failures", sa.Integer(), nullable=False),
        sa.Column("confirmation_limit", sa.Integer(), nullable=False),
        sa.Column("download_attempts", sa.Integer(), nullable=False),
        sa.Column("download_limit", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("reusable", sa.Boolean(), nullable=False),
        sa.Column("smds_address", sa.Text(), nullable=True),
        sa.Column("bound_in", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("phase", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_orders")),
    )
    op.create_index(
        "ix_orders_eid",
        "orders",
        ["eid"],
        unique=False,
        sqlite_where=sa.text("length(matching_id) = 0 AND phase = 1"),
        postgresql_where=sa.text("length(matching_id) = 0 AND phase = 1"),
    )
    op.create_index(
        "ux_orders_iccid",
        "orders",
        ["iccid"],
        unique=True,
        sqlite_where=sa.text("phase < 3"),
        postgresql_where=sa.text("phase < 3"),
    )
    op.create_index(
        "ux_orders_matching_id",
        "orders",
        ["matching_id"],
        unique=True,
        sqlite_where=sa.text("length(matching_id) > 0 AND phase = 1"),
        postgresql_where=sa.text("length(matching_id) > 0 AND phase = 1"),
    )
    op.create_table(
        "outbox",
        sa.Column("function", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_due", "outbox", ["state", "destination", "due_at"], unique=False)
    op.create_index("ix_outbox_lane", "outbox", ["lane", "sequence"], unique=False)
    op.create_table(
        "packages",
        sa.Column("iccid", sa.Text(), nullable=False),
        sa.Column("upp", sa.LargeBinary(), nullable=False),
        sa.Column("replace_session_keys", sa.LargeBinary(), nullable=False),
        sa.Column("segments", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("iccid", name=op.f("pk_packages")),
    )
    op.create_table(
        "profiles",
        sa.Column("iccid", sa.Text(), nullable=False),
        sa.Column("metadata", sa.LargeBinary(), nullable=False),
        sa.Column("package_version", sa.Text(), nullable=False),
        sa.Column("services", sa.Text(), nullable=False),
        sa.Column("install_octets", sa.Integer(), nullable=False),
        sa.Column("profile_type", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("iccid", name=op.f("pk_profiles")),
    )
    op.create_index(op.f("ix_profiles_profile_type"), "profiles", ["profile_type"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("transaction_id", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("server_address", sa.Text(), nullable=False),
        sa.Column("server_challenge", sa.LargeBinary(), nullable=False),
        sa.Column("euicc_ci_pkid", sa.LargeBinary(), nullable=False),
        sa.Column("dp_ci_pkid", sa.LargeBinary(), nullable=False),
        sa.Column("svn", sa.LargeBinary(), nullable=False),
        sa.Column("eid", sa.Text(), nullable=False),
        sa.Column("euicc_certificate", sa.LargeBinary(), nullable=False),
        sa.Column("smdp_signature2", sa.LargeBinary(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("iccid", sa.Text(), nullable=False),
        sa.Column("otpk_dp", sa.LargeBinary(), nullable=True),
        sa.Column("otpk_euicc", sa.LargeBinary(), nullable=True),
        sa.Column("host_id", sa.LargeBinary(), nullable=True),
        sa.Column("segments", sa.LargeBinary(), nullable=True),
        sa.Column("offline", sa.Boolean(), nullable=True),
        sa.Column("result", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("transaction_id", name=op.f("pk_sessions")),
    )
    op.create_table(
        "smds_events",
        sa.Column("eid", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("rsp_server_address", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("root_event_id", sa.Text(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_smds_events")),
        sqlite_autoincrement=True,
    )
    op.create_index("ux_smds_events_key", "smds_events", ["eid", "event_id"], unique=True)
    op.create_table(
        "smds_sessions",
        sa.Column("transaction_id", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("server_address", sa.Text(), nullable=False),
        sa.Column("server_challenge", sa.LargeBinary(), nullable=False),
        sa.Column("euicc_ci_pkid", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("transaction_id", name=op.f("pk_smds_sessions")),
    )
    op.create_table(
        "api_answers",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_api_answers")),
    )
    op.create_index(op.f("ix_api_answers_created_at"), "api_answers", ["created_at"], unique=False)
    op.create_table(
        "api_audit",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("before_digest", sa.Text(), nullable=False),
        sa.Column("after_digest", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_api_audit")),
    )
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("replaces", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_keys")),
    )
    op.create_index(op.f("ix_api_keys_created_at"), "api_keys", ["created_at"], unique=False)
    op.create_table(
        "api_quotas",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "name", name=op.f("pk_api_quotas")),
    )
    op.create_table(
        "esim_devices",
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("eid", sa.Text(), nullable=False),
        sa.Column("device_info", sa.JSON(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_esim_devices")),
        sa.UniqueConstraint("eid"),
    )
    op.create_index(op.f("ix_esim_devices_registered_at"), "esim_devices", ["registered_at"], unique=False)
    op.create_table(
        "esim_event_readers",
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reader", name=op.f("pk_esim_event_readers")),
    )
    op.create_table(
        "esim_events",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("iccid", sa.Text(), nullable=False),
        sa.Column("eid", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_esim_events")),
        sa.UniqueConstraint("event_id"),
    )
    op.create_index(op.f("ix_esim_events_iccid"), "esim_events", ["iccid"], unique=False)
    op.create_index(op.f("ix_esim_events_subject"), "esim_events", ["subject"], unique=False)
    op.create_table(
        "esim_operations",
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("iccid", sa.Text(), nullable=False),
        sa.Column("eid", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("progress", sa.JSON(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("confirmation_code", sa.Text(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("operation_id", name=op.f("pk_esim_operations")),
    )
    op.create_index(op.f("ix_esim_operations_created_at"), "esim_operations", ["created_at"], unique=False)
    op.create_index(op.f("ix_esim_operations_eid"), "esim_operations", ["eid"], unique=False)
    op.create_index(op.f("ix_esim_operations_iccid"), "esim_operations", ["iccid"], unique=False)
    op.create_index(op.f("ix_esim_operations_state"), "esim_operations", ["state"], unique=False)
    op.create_table(
        "esim_profiles",
        sa.Column("profile_id", sa.Text(), nullable=False),
        sa.Column("iccid", sa.Text(), nullable=False),
        sa.Column("eid", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("profile_type", sa.Text(), nullable=False),
        sa.Column("mno", sa.Text(), nullable=False),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.Column("activation_code", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("profile_id", name=op.f("pk_esim_profiles")),
    )
    op.create_index(op.f("ix_esim_profiles_created_at"), "esim_profiles", ["created_at"], unique=False)
    op.create_index(op.f("ix_esim_profiles_eid"), "esim_profiles", ["eid"], unique=False)
    op.create_index(
        "ux_esim_profiles_iccid",
        "esim_profiles",
        ["iccid"],
        unique=True,
        sqlite_where=sa.text("state <> 'DELETED'"),
        postgresql_where=sa.text("state <> 'DELETED'"),
    )
    op.create_table(
        "webhook_attempts",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("delivery", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_webhook_attempts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_webhook_attempts_delivery"), "webhook_attempts", ["delivery"], unique=False)
    op.create_table(
        "webhook_deliveries",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_webhook_deliveries")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_webhook_deliveries_destination", "webhook_deliveries", ["destination", "sequence"], unique=False
    )
    op.create_index("ix_webhook_deliveries_due", "webhook_deliveries", ["state", "destination", "due_at"], unique=False)
    op.create_index("ix_webhook_deliveries_lane", "webhook_deliveries", ["lane", "state", "sequence"], unique=False)
    op.create_table(
        "webhook_subscriptions",
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("previous_secret", sa.LargeBinary(), nullable=False),
        sa.Column("previous_until", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("webhook_id", name=op.f("pk_webhook_subscriptions")),
    )
    op.create_index(op.f("ix_webhook_subscriptions_created_at"), "webhook_subscriptions", ["created_at"], unique=False)
    for verb in ("UPDATE", "DELETE"):  # the audit log only grows
        name = f"api_audit_no_{verb.lower()}"
        if op.get_context().dialect.name == "sqlite":
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {verb} ON api_audit BEGIN SELECT RAISE(ABORT, 'append-only'); END"
            )
        else:
            op.execute(f"CREATE RULE {name} AS ON {verb} TO api_audit DO INSTEAD NOTHING")
