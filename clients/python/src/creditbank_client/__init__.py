"""The Python client of the credit bank.

from creditbank_client import Client

with Client("https://bank.example", client_id, client_secret) as bank:
    for outcome in bank.post_records(rows):
        ...
    bank.submit("成绩.xlsx")
"""

from creditbank_client.changes import Changes, PositionFile
from creditbank_client.client import Client, Row
from creditbank_client.errors import (
    Conflict,
    CreditBankError,
    Fault,
    FileChanged,
    FileEmpty,
    NotAllowed,
    NotFound,
    NotReached,
    NotSignedIn,
    Problem,
    Refused,
    SignInRefused,
    Throttled,
    Unavailable,
)
from creditbank_client.outcomes import Outcome
from creditbank_client.pathway_calls import SheetResult, SheetRow
from creditbank_client.share_calls import open_share
from creditbank_client.submission_calls import Id
from creditbank_client.submissions import (
    CellAt,
    Preview,
    Progress,
    Submission,
    SubmissionOutcome,
    SubmissionRow,
)

__all__ = [
    "CellAt",
    "Changes",
    "Client",
    "Conflict",
    "CreditBankError",
    "Fault",
    "FileChanged",
    "FileEmpty",
    "Id",
    "NotAllowed",
    "NotFound",
    "NotReached",
    "NotSignedIn",
    "Outcome",
    "PositionFile",
    "Preview",
    "Problem",
    "Progress",
    "Refused",
    "Row",
    "SheetResult",
    "SheetRow",
    "SignInRefused",
    "Submission",
    "SubmissionOutcome",
    "SubmissionRow",
    "Throttled",
    "Unavailable",
    "open_share",
]
__version__ = "0.1.0"
