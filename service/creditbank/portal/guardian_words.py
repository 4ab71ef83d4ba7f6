"""What the office and the consoles say where a guardian of a child is recorded, ended or given a new password."""

from __future__ import annotations

from collections.abc import Mapping

GUARDIAN_WORDS: Mapping[str, tuple[str, str]] = {
    # the office: on somebody's file, and the page of their guardians
    "gua_link": ("查看、登记或终止监护人", "See, record or end a guardian"),
    "gua_of": ("{name}的监护人", "Guardians of {name}"),
    "gua_back_file": ("返回档案", "Back to the file"),
    "gua_child": (
        "{day}出生，未满十四周岁：由登记的监护人代为办理；满十四周岁当天起自动结束。",
        "Born {day}, under fourteen: a recorded guardian acts for the child, until the fourteenth birthday.",
    ),
    "gua_of_age": (
        "{day}出生，已满十四周岁：由本人办理，不再登记监护人。",
        "Born {day}, fourteen or older: they act for themselves, and no guardian can be recorded.",
    ),
    "gua_age_unknown": (
        "证件未载明出生日期。登记监护人时请按证件填写；未满十四周岁的才登记。",
        "No document on file tells the date of birth: copy it from the document when you record a guardian. Only a "
        "child under fourteen has one.",
    ),
    "gua_in_force_n": ("现有 {n} 位监护人。", "{n} recorded now."),
    "gua_over_now": ("现在没有监护人代为办理。", "Nobody acts as a guardian now."),
    "gua_missing": (
        "尚未登记监护人：登记之前，不能发放激活码，孩子也不能登录。",
        "No guardian is recorded yet. Until one is, no activation code can be issued and the child cannot sign in.",
    ),
    "gua_none": ("没有登记过监护人。", "No guardian was ever recorded."),
    "gua_known": ("登记过的监护人", "Guardians on record"),
    "gua_over_by_age": ("已满十四周岁", "over: fourteen"),
    "gua_evidence_was": ("查验了什么", "Proof that was seen"),
    # recording one
    "gua_title": ("登记监护人", "Record a guardian"),
    "gua_what": (
        "请先核对监护人本人、证件和关系证明。登录名与首次密码只显示一次，请当面交给监护人；已为另一位孩子登记过的，"
        "沿用原有的登录。孩子会收到通知。",
        "First check the guardian in person, their document and proof of the relation. The login name and the first "
        "password are shown once only: hand them to the guardian. A guardian of another child keeps the sign-in they "
        "have. The child is notified.",
    ),
    "gua_name": ("监护人姓名", "Name of the guardian"),
    "gua_document_kind": ("监护人证件类型", "Kind of the guardian's document"),
    "gua_number": ("监护人证件号码", "Number of the guardian's document"),
    "gua_birth": ("监护人出生日期", "The guardian's date of birth"),
    "gua_birth_how": (
        "监护人的证件号码不含出生日期时填写。",
        "Where the number of the guardian's document does not tell it.",
    ),
    "gua_relation": ("与孩子的关系", "Relation to the child"),
    "gua_evidence": (
        "查验了什么证明，如户口簿（加密保存，最多 500 字）",
        "Proof of the relation that you saw, such as the household register (kept sealed, up to 500 characters)",
    ),
    "gua_child_birth": ("孩子的出生日期", "The child's date of birth"),
    "gua_child_birth_how": (
        "孩子的证件号码不含出生日期时填写。",
        "Where the number of the child's document does not tell it.",
    ),
    "gua_another": ("再登记一位监护人", "Record another guardian"),
    "gua_button": ("登记监护人", "Record the guardian"),
    "gua_see_fields": (
        "没有登记。请更正标出的栏目，再次提交。",
        "Nothing was recorded. Correct the marked fields and submit again.",
    ),
    "gua_login": ("监护人登录名", "The guardian's login name"),
    "gua_password": ("首次密码", "First password"),
    "gua_new_password": ("新密码", "New password"),
    "gua_hand_over": (
        "请当面交给监护人本人，并请其首次登录后立即修改密码。",
        "Hand it to the guardian in person, and ask them to change the password right after they first sign in.",
    ),
    "done_guardian": (
        "监护人已登记。此人已有登录（为另一位孩子登记时开通），继续使用即可，不另发密码。",
        "The guardian is recorded. They already have a sign-in, from another child, and keep using it.",
    ),
    # ending, and a new password
    "gua_end_title": ("终止监护人登记", "End the guardianship"),
    "gua_end_what": (
        "此后该监护人不能再查看或代为办理；孩子会收到通知。不能恢复，只能重新登记。",
        "The guardian can no longer see the child's account or act for the child, and the child is notified. This "
        "cannot be undone; they would have to be recorded again.",
    ),
    "gua_end_by_document": (
        "凭证件终止监护人登记。此后其不能再查看或代为办理；孩子会收到通知。不能恢复，只能重新登记。不知道证件号码的，"
        "请学分银行办理。",
        "Identify the guardian by their document. They can no longer see the child's account or act for the child, and "
        "the child is notified. This cannot be undone; they would have to be recorded again. If you do not know the "
        "number, ask the bank.",
    ),
    "gua_end_button": ("终止登记", "End the guardianship"),
    "gua_not_ended": (
        "没有终止。请更正标出的栏目，再次提交。",
        "Nothing was ended. Correct the marked fields and submit again.",
    ),
    "done_guardian_end": ("监护人登记已终止。", "The guardianship is ended."),
    "gua_reset_title": ("重置密码", "Reset the password"),
    "gua_reset_what": (
        "请先核对监护人本人和证件。原密码即失效；新密码只显示一次。登录名不变。",
        "First check the guardian in person and their document. The old password stops working; the new one is shown "
        "once only. The login name stays the same.",
    ),
    "gua_reset_button": ("重置密码", "Reset the password"),
    # the console
    "gua_console_lead": (
        "只为未满十四周岁的学习者办理：由监护人代为激活和办理，满十四周岁当天自动结束。",
        "Only for a child under fourteen: the guardian activates and acts for it, until the fourteenth birthday.",
    ),
    "gua_given": ("监护人已登记，请立即抄录", "Guardian recorded: write this down now"),
}
