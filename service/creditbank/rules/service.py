"""Published rule documents: packaged ones are seeds, published once; after that the database is the authority."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import Transaction, run
from creditbank.errors import BankError
from creditbank.rules import Rulebook, RuleDocument, read_document
from creditbank.rules import tables as rows
from creditbank.rules.document import canonical
from creditbank.rules.lasting import spans

log = structlog.get_logger(__name__)


class PublishedVersionDiffers(BankError):
    """A packaged version carries the number of a published one and says something else: the bank does not start."""

    status = 500
    code = "published_version_differs"
    zh = "规则 {document} 第 {version} 版与已公布的内容不同。已公布的版本不得修改，请另立新版本。"
    en = "Rule document {document} version {version} is not what was published. A published version is never edited: "
    en += "give the new content a new version."


@dataclass(frozen=True, slots=True)
class Version:
    """A version that was published, and between which days it decides; superseded, it decides nothing."""

    document: str
    version: str
    digest: str
    published_at: datetime
    seeded: bool
    text: str
    """A text in which it stands: the one in force, or for a superseded version the one it was published in."""
    begins: str
    ends: str
    superseded_by: str | None = None

    @property
    def holds(self) -> bool:
        """Whether anything is decided by it."""
        return self.superseded_by is None

    def on(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.holds and self.begins <= day.isoformat() <= self.ends


@dataclass(frozen=True, slots=True)
class Published:
    """Everything that is published: of each document the text in force, and every version there ever was."""

    number: int
    """How many acts of publication it holds: it only ever grows."""
    texts: Mapping[str, str]
    versions: tuple[Version, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of every text in force and of what was superseded: another digest is another rulebook."""
        said = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in self.texts.items()}
        gone = {f"{v.document} {v.version}": v.superseded_by for v in self.versions if not v.holds}
        return hashlib.sha256(canonical({"texts": said, "superseded": gone})).hexdigest()

    def of(self, document: str) -> list[Version]:
        """The versions of a document, the earliest first."""
        return sorted((v for v in self.versions if v.document == document), key=lambda v: (v.begins, v.published_at))

    def book(self) -> Rulebook:
        """The rulebook that decides by what holds and replays by whatever was published. Takes a moment."""
        return book_of(self.texts.values(), self.superseded_texts())

    def superseded_texts(self) -> list[str]:
        """Texts in which superseded versions stand."""
        return sorted({v.text for v in self.versions if not v.holds})


def book_of(texts: Iterable[str], superseded: Iterable[str] = ()) -> Rulebook:
    """A rulebook of these texts; `superseded` are earlier texts whose versions are only replayed.

    Raises RulesRefused.
    """
    book = Rulebook.load([read_text(text) for text in texts])
    return book.replaying(Rulebook.load([read_text(text)]) for text in superseded)


@lru_cache(maxsize=512)
def read_text(text: str) -> RuleDocument:
    """A published text, read once per process: it never changes."""
    return read_document(text)


async def seed_rules(
    session: AsyncSession, documents: Sequence[RuleDocument], *, at: datetime
) -> list[tuple[str, str]]:
    """Publish packaged versions that were never published; which ones.

    A document of which people published a text is theirs from then on: what a later package adds to it comes by a
    draft, like any other change.

    Raises PublishedVersionDiffers when a number was published with another content.
    """
    published = {(row.document, row.version): row.digest for row in await session.exec(select(rows.RuleDocument))}
    kept_by_people = set(await session.exec(select(rows.RulePublication.document)))
    fresh = []
    for document in documents:
        for version, digest in document.digests().items():
            known = published.get((document.document, version))
            if known is not None and known != digest:
                raise PublishedVersionDiffers(document=document.document, version=version)
            if known is None and document.document in kept_by_people:
                log.warning("packaged_version_not_published", document=document.document, version=version)
            elif known is None:
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
    await session.flush()
    return fresh


_NUMBER = "SELECT (SELECT count(*) FROM rule_document) + (SELECT count(*) FROM rule_publication)"


async def published_number(session: Transaction) -> int:
    """How many acts of publication there were. Both tables only grow, so the same number is the same rules."""
    found = await (await run(session, _NUMBER)).fetchone()
    assert found is not None
    return int(found[0])


async def published(session: AsyncSession) -> Published:
    """What is published now: of each document the text that was published last.

    Raises PublishedVersionDiffers when that text says something else than was published under an earlier number.
    """
    statement = select(rows.RuleDocument).order_by(col(rows.RuleDocument.published_at), col(rows.RuleDocument.version))
    versions = list(await session.exec(statement))
    publications = list(
        await session.exec(select(rows.RulePublication).order_by(col(rows.RulePublication.publication_no)))
    )
    texts = {row.document: row.text for row in versions} | {row.document: row.text for row in publications}
    gone = {(row.document, old): new for row in publications for old, new in row.superseded.items()}
    found = [_version(row, texts[row.document], gone.get((row.document, row.version))) for row in versions]
    return Published(len(versions) + len(publications), texts, tuple(found))


def _version(row: rows.RuleDocument, text: str, superseded_by: str | None) -> Version:
    stands_in = text if superseded_by is None else row.text
    document = read_text(stands_in)
    if document.digests().get(row.version) != row.digest:
        raise PublishedVersionDiffers(document=row.document, version=row.version)
    begins, ends = spans(document)[row.version]
    return Version(
        row.document, row.version, row.digest, row.published_at, row.seeded, stands_in, begins, ends, superseded_by
    )
