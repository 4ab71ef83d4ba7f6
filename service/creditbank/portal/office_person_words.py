"""What the office says of one learner's file, and of a record that is given to the right person."""

from __future__ import annotations

from collections.abc import Mapping

OFFICE_PERSON: Mapping[str, tuple[str, str]] = {
    "off_open_file": ("打开档案", "Open the file"),
    "off_file": ("学习者档案", "A learner's file"),
    "off_back_people": ("返回查找", "Back to looking up"),
    "off_file_purpose_what": (
        "打开前请写明目的；每次打开都记入访问日志，本人也能看到有人查看过。",
        "Say what for before it is opened. Each look is in the log of access, and the learner can read that there was "
        "one.",
    ),
    "off_state_open": ("正常", "open"),
    "off_state_erased": ("个人信息已删除", "erased"),
    "off_who": ("身份与账户", "Who it is"),
    "off_account_days": ("账户", "Account"),
    "off_opened_at": ("{at} 开立", "opened {at}"),
    "off_activated_at": ("{at} 激活", "activated {at}"),
    "off_closed_at": ("{at} 注销", "closed {at}"),
    "off_do": ("办理", "What can be done"),
    "off_evidence": (
        "查验了什么（加密保存，最多 500 字）",
        "What was seen that shows it (kept sealed, 500 characters at most)",
    ),
    "off_name_title": ("变更姓名", "Record a new name"),
    "off_name_new": ("现用姓名", "The present name"),
    "off_name_what": (
        "原姓名转为曾用名，报送时仍可核对；本人会收到通知。",
        "The name before stays as a former one, by which rows still match; the learner is told.",
    ),
    "done_person_name": ("姓名已变更。", "The new name is recorded."),
    "off_document_title": ("登记证件", "Record a document"),
    "off_document_what": (
        "以后凭这一号码也能找到此人；所代替的证件转为曾用，旧号码仍可核对。本人会收到通知。",
        "The person is found by this number, too; one that it replaces stays as a former one and still matches. The "
        "learner is told.",
    ),
    "off_birth_how": ("证件号码不含出生日期时填写。", "Where the document's number does not tell it."),
    "off_replaces": ("代替哪一份证件", "In place of"),
    "off_replaces_none": ("不代替，另加一份", "none: one more"),
    "done_person_document": ("证件已登记。", "The document is recorded."),
    "off_code_title": ("发放激活码", "Hand out an activation code"),
    "off_code_what": (
        "请先核对本人和证件。激活码只显示一次，三十天内有效；已激活的账户用它另设登录，原登录随即停用。",
        "See the person and the document first. It is shown once and good for thirty days; for an activated account it "
        "makes a new sign-in, and the old one ends.",
    ),
    "off_code": ("一次性激活码", "The one-time code"),
    "off_code_until": ("有效至", "Good until"),
    "off_close_title": ("注销账户", "Close the account"),
    "off_close_what": (
        "不再存入，已有内容仍可查询，可以恢复；合并的账户一并注销。本人会收到通知。",
        "Nothing more is deposited, what is there can be read, and it can be opened again; merged accounts are closed "
        "with it. The learner is told.",
    ),
    "done_person_closing": ("账户已注销。", "The account is closed."),
    "off_reopen_title": ("恢复账户", "Open the account again"),
    "off_reopen_what": ("恢复存入；本人会收到通知。", "It takes deposits again; the learner is told."),
    "done_person_reopening": ("账户已恢复。", "The account is open again."),
    "off_erase_title": ("删除个人信息", "Erase the personal data"),
    "off_erase_what": (
        "销毁此人的密钥：姓名、证件、学号和原始分数从此无人能读，登录停用，备份恢复后同样如此。不能撤销。"
        "学分与决定保留，不再指向任何人。",
        "The person's keys are destroyed: names, documents, student numbers and scores can be read by nobody any more, "
        "in no restored backup either, and sign-ins end. There is no way back. Credits and decisions stay and name "
        "nobody.",
    ),
    "done_person_erasure": ("个人信息已删除。", "The personal data are erased."),
    "off_records": ("学习成果", "Records"),
    "off_records_lead": (
        "打开一条可看到全部经过；报错了人的，可从那里改派。",
        "Open one to see all that happened to it; one of the wrong person is given to the right one from there.",
    ),
    "off_no_records": ("没有学习成果。", "No records."),
    # a record of the wrong person
    "off_reassign": ("改派报错了人的成果", "Give a record to the right person"),
    "off_reassign_link": ("改派给正确的人", "Give it to the right person"),
    "off_back_record": ("返回成果", "Back to the record"),
    "off_reassign_now": ("现在记在", "It stands with"),
    "off_reassign_gone": (
        "该成果已撤回或已改派，不能再改派。",
        "It was withdrawn or moved away: nothing is there to be moved.",
    ),
    "off_reassign_lead": (
        "先查找它应属于谁。报送机构能自行改派的，请由机构改派；身份有疑或机构已停办的，在此办理。",
        "Look up whose it should be. What its institution can move itself it moves; this is for a doubt about "
        "identity, and for an institution that has closed.",
    ),
    "off_reassign_whose": ("应属于谁", "Whose it should be"),
    "off_reassign_what": (
        "从原来的人处冲回，在此人处认定和存入，在同一次办理中完成；用到它的转换随即重新判定。双方收到通知，报送机构在变更记录、"
        "对账和成果页看到由学分银行改派及理由。",
        "It is reversed there and decided and posted here in one act; conversions that stood on it are decided again. "
        "Both learners are told. Its institution reads in its change feed, its reconciliation and on the record that "
        "the bank moved it, and why.",
    ),
    "off_reassign_at_plan": (
        "学分与此人的方案不一致时，按方案学分存入",
        "Where its credits differ from this learner's plan, deposit the plan's",
    ),
    "off_reassign_button": ("改派给此人", "Give it to them"),
    "off_reassign_another": ("查找别人", "Look somebody else up"),
    "done_off_reassign": ("已改派。", "It was given to the right person."),
}
