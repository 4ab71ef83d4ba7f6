"""Who may open the pages of shares, and those on which anybody checks one."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.identity.api_permits import OF_THE_LEARNER
from creditbank.identity.permit import Permit, page_of

_OF_THE_LEARNER = page_of(OF_THE_LEARNER)

SHARES: Mapping[tuple[str, str], Permit] = {
    ("GET", "/my/shares"): _OF_THE_LEARNER,
    ("POST", "/my/shares"): _OF_THE_LEARNER,
    ("GET", "/my/shares/new"): _OF_THE_LEARNER,
    ("GET", "/my/shares/{share_id}"): _OF_THE_LEARNER,
    ("GET", "/my/shares/{share_id}/{picture}"): _OF_THE_LEARNER,
    ("POST", "/my/shares/{share_id}/closing"): _OF_THE_LEARNER,
}

PUBLIC_SHARES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("GET", "/verify"): ("核验页：输入授权码", "where anybody enters the code of a share"),
    ("GET", "/verify/{code}"): (
        "授权码的链接与二维码：先显示表单，查看过的半小时内显示内容",
        "the address in a QR code: a form, and for half an hour after an opening what it shows",
    ),
    ("POST", "/verify"): ("凭授权码查看，计次、限速", "asks for the code of a share; counted and throttled"),
}
