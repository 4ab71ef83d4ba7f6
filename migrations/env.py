"""Alembic's entrance: the schema is changed by the owner's role, one transaction for each migration."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import create_engine, pool

from creditbank.tables import metadata

url = context.config.attributes.get("url") or os.environ["CREDITBANK_OWNER_DATABASE_URL"]

engine = create_engine(url, poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transaction_per_migration=True,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
