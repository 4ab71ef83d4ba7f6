"""Every table of the bank, imported once: for migrations, grants and the tests that walk them."""

from __future__ import annotations

from sqlmodel import SQLModel

from creditbank import jobs, once
from creditbank.changes import tables as changes
from creditbank.identity import tables as identity
from creditbank.institutions import tables as institutions
from creditbank.learners import tables as learners
from creditbank.ledger import tables as ledger
from creditbank.oversight import tables as oversight
from creditbank.pathways import round_tables as rounds
from creditbank.pathways import tables as pathways
from creditbank.publishing import tables as publishing
from creditbank.recognition import tables as recognition
from creditbank.records import tables as records
from creditbank.rules import tables as rules
from creditbank.submissions import tables as submissions
from creditbank.transcripts import share_tables as shares

__all__ = [
    "changes",
    "identity",
    "institutions",
    "jobs",
    "learners",
    "ledger",
    "once",
    "oversight",
    "pathways",
    "publishing",
    "recognition",
    "records",
    "rounds",
    "rules",
    "shares",
    "submissions",
]

metadata = SQLModel.metadata
