"""The tables of identity: who there is, who is signed in. Truth, not views: secrets do not belong in the journal."""

from sqlalchemy import Boolean, Column, Float, Index, Table

from orchestrator.storage.tables import Number, Text, metadata

users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("password_hash", Text),  # NULL: signs in by link only
    Column("scopes", Text, nullable=False),  # separated by spaces
    Column("created_at", Float, nullable=False),
    Column("disabled", Boolean, nullable=False, default=False),
    Index("uq_users_tenant_name", "tenant", "name", unique=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("user_id", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),  # cookie, bearer, local
    Column("token_hash", Text),  # sha256 of the cookie or local token; NULL for a bearer session
    Column("refresh_hash", Text),  # sha256 of the refresh token that counts now
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("last_seen", Float, nullable=False),
    Column("closed_at", Float),
    Index("uq_sessions_token_hash", "token_hash", unique=True),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("user_id", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("token_hash", Text, nullable=False),  # sha256 of the key
    Column("ending", Text, nullable=False),  # its last characters
    Column("reach", Text, nullable=False),  # models, agents, api
    Column("scopes", Text, nullable=False),  # separated by spaces
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float),
    Column("last_used", Float),
    Column("revoked_at", Float),
    Index("uq_api_keys_token_hash", "token_hash", unique=True),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("used_at", Float),
)

# Not of a tenant: strangers try too. The key is a hash of what was tried.
attempts = Table(
    "attempts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("failures", Number, nullable=False),
    Column("last_at", Float, nullable=False),
    Column("until", Float, nullable=False),  # no further attempt before then
)
