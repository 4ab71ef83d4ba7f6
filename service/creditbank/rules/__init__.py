"""The rules: documents that say what a record is worth, an engine that decides by them, and the reasons it gives.

Where things are: `facts` declares what may be asked, `vocabulary` the words, `loading` and `document` read a document
strictly, `compiling` (with `amounts`, `conditions`, `choosing`, `lookup`) turns it into closures once, `rulebook`
picks the one version that applies, `decide` answers, `cases` and `mutation` hold a document to its own cases.
All of that is pure; published documents and decisions as rows are in `tables` and `service`.
"""

from __future__ import annotations

from functools import cache

from creditbank.rules.decide import ENGINE_VERSION, Decided
from creditbank.rules.document import RuleDocument, packaged_documents, read_document, read_path
from creditbank.rules.problems import FactNotReadable, Problem, RulesRefused, RuleVersionNotLoaded
from creditbank.rules.rulebook import Rulebook
from creditbank.rules.vocabulary import rule_document_schema

__all__ = [
    "ENGINE_VERSION",
    "Decided",
    "FactNotReadable",
    "Problem",
    "RuleDocument",
    "RuleVersionNotLoaded",
    "Rulebook",
    "RulesRefused",
    "load_packaged",
    "packaged_documents",
    "read_document",
    "read_path",
    "rule_document_schema",
]


@cache
def load_packaged() -> Rulebook:
    """The bank's own rulebook as it comes with the software, compiled once per process."""
    return Rulebook.load(packaged_documents())
