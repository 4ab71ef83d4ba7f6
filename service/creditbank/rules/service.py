"""Published rule documents: packaged ones are seeds, published once; after that the database is the authority."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.errors import BankError
from creditbank.rules import Rulebook, RuleDocument, read_document
from creditbank.rules import tables as rows


class PublishedVersionDiffers(BankError):
    """A packaged version carries the number of a published one and says something else: the bank does not start."""

    status = 500
    code = "published_version_differs"
    zh = "规则 {document} 第 {version} 版与已公布的内容不同。已公布的版本不得修改，请另立新版本。"
    en = "Rule document {document} version {version} is not what was published. A published version is never edited: "
    en += "give the new content a new version."


async def seed_rules(session: AsyncSession, documents: list[RuleDocument], *, at: datetime) -> list[tuple[str, str]]:
    """Publish packaged versions that were never published; which ones.

    Raises PublishedVersionDiffers when a number was published with another content.
    """
    published = {(row.document, row.version): row.digest for row in await session.exec(select(rows.RuleDocument))}
    fresh = []
    for document in documents:
        for version, digest in document.digests().items():
            known = published.get((document.document, version))
            if known is None:
                row = rows.RuleDocument(
                    document=document.document,
                    version=version,
                    digest=digest,
                    text=document.text,
                    published_at=at,
                    seeded=True,
                )
                session.add(row)
                fresh.append((document.document, version))
            elif known != digest:
                raise PublishedVersionDiffers(document=document.document, version=version)
    await session.flush()
    return fresh


async def published_rulebook(session: AsyncSession) -> Rulebook:
    """The rulebook as it is published: of each document the text that was published last, which holds every version.

    Raises PublishedVersionDiffers when that text says something else than was published under an earlier number.
    """
    statement = select(rows.RuleDocument).order_by(col(rows.RuleDocument.published_at), col(rows.RuleDocument.version))
    published = list(await session.exec(statement))
    texts = {row.document: row.text for row in published}
    documents = {name: read_document(text, file=f"{name}.yaml") for name, text in texts.items()}
    for row in published:
        if documents[row.document].digests().get(row.version) != row.digest:
            raise PublishedVersionDiffers(document=row.document, version=row.version)
    return Rulebook.load(documents.values())
