"""Bringing a database to the schema of this version, as the role that owns it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

_PACKAGED = Path(__file__).parent / "migrations"
_IN_THE_SOURCE = Path(__file__).parents[2] / "migrations"


def migrations_folder() -> Path:
    """Where the migrations are: inside an installed package, or beside the service in a checkout."""
    return _PACKAGED if _PACKAGED.is_dir() else _IN_THE_SOURCE


def alembic_config(owner_url: str) -> Config:
    """Alembic's configuration, made here so that no ini file can point elsewhere."""
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = owner_url
    return config


def upgrade(owner_url: str) -> None:
    """Run every migration that the database has not seen; nothing happens when it has seen them all."""
    command.upgrade(alembic_config(owner_url), "head")
