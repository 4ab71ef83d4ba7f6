"""The Python client of the credit bank.

from creditbank_client import Client

with Client("https://bank.example", client_id, client_secret) as bank:
    for outcome in bank.post_records(rows):
        ...
"""

from creditbank_client.changes import Changes
from creditbank_client.client import Client, Id, Row
from creditbank_client.errors import (
    Conflict,
    CreditBankError,
    Fault,
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

__all__ = [
    "Changes",
    "Client",
    "Conflict",
    "CreditBankError",
    "Fault",
    "Id",
    "NotAllowed",
    "NotFound",
    "NotReached",
    "NotSignedIn",
    "Outcome",
    "Problem",
    "Refused",
    "Row",
    "SignInRefused",
    "Throttled",
    "Unavailable",
]
__version__ = "0.1.0"
