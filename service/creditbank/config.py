"""The settings of one running bank, read once from CREDITBANK_* environment variables."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting says what it is in Chinese and in English; `docs/settings.md` is generated from here."""

    model_config = SettingsConfigDict(env_prefix="CREDITBANK_", frozen=True)

    database_url: str | None = Field(
        None,
        description="应用角色的 PostgreSQL 地址；不设则启动内置 PostgreSQL 18。"
        "|PostgreSQL address of the application role; without it the embedded PostgreSQL 18 is started.",
    )
    owner_database_url: str | None = Field(
        None,
        description="拥有表结构的角色地址，仅供 migrate 使用。"
        "|Address of the role that owns the schema, used by `migrate` only.",
    )
    data_dir: Path = Field(
        Path("var"),
        description="内置数据库与演示文件的目录。|Folder of the embedded database and the demo's files.",
    )
    keys_dir: Path = Field(
        Path("var/keys"),
        description="密钥目录，须与数据分开备份。|Folder of the keys; back it up apart from the data.",
    )
    base_url: str = Field(
        "http://127.0.0.1:8000",
        description="对外地址，也是令牌的签发者。|Public address of the service, and the issuer of its tokens.",
    )
    token_minutes: int = Field(
        10,
        ge=1,
        le=60,
        description="访问令牌的有效分钟数。|Minutes that an access token lives.",
    )
    database_connections: int = Field(
        12,
        ge=2,
        le=200,
        description="每个进程的数据库连接数上限。|Database connections of one process, at most.",
    )
    cipher: Literal["aes-256-gcm", "sm4-gcm"] = Field(
        "aes-256-gcm",
        description="个人信息加密算法（国密可选 sm4-gcm）。|Cipher of personal data (sm4-gcm for Chinese standards).",
    )
    digest: Literal["sha256", "sm3"] = Field(
        "sha256",
        description="存证摘要算法（国密可选 sm3）。|Digest of stored evidence (sm3 for Chinese standards).",
    )
    body_limit_mib: int = Field(
        8,
        ge=1,
        le=512,
        description="单次请求内容上限（MiB）。|Largest request body, in MiB.",
    )
    file_limit_mib: int = Field(
        1024,
        ge=1,
        le=16384,
        description="报送文件的大小上限（MiB）；工作簿另有上限，见报送指南。"
        "|Largest submitted file, in MiB; workbooks have a limit of their own, see the guide to submissions.",
    )
    retention_days: int = Field(
        180,
        ge=1,
        le=3650,
        description="报送文件内容的保留天数，到期销毁密钥，只留行号与结果。"
        "|Days for which the content of a submitted file is kept; then its key is destroyed, and row numbers and "
        "outcomes stay.",
    )
    login_threads: int = Field(
        2,
        ge=1,
        le=16,
        description="核对密码的线程数。|Threads that check passwords.",
    )


@lru_cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
