"""What the officer's console says."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.portal.access_words import ACCESS_WORDS
from creditbank.portal.guardian_words import GUARDIAN_WORDS
from creditbank.portal.office_access_words import OFFICE_ACCESS
from creditbank.portal.office_figure_words import OFFICE_FIGURES
from creditbank.portal.office_person_words import OFFICE_PERSON
from creditbank.portal.office_rule_words import OFFICE_RULES

OFFICE_WORDS: Mapping[str, tuple[str, str]] = {
    **OFFICE_RULES,
    **OFFICE_FIGURES,
    **OFFICE_ACCESS,
    **OFFICE_PERSON,
    **GUARDIAN_WORDS,
    **ACCESS_WORDS,
    # every page
    "off_nav": ("业务管理", "Office"),
    "off_home": ("待办", "To do"),
    "off_held": ("待核行", "Held rows"),
    "off_people": ("查找学习者", "Look somebody up"),
    "off_merges": ("账户合并", "Merges"),
    "off_hints": ("疑点提示", "Hints"),
    "off_rules": ("规则", "Rules"),
    "off_drafts": ("规则草案", "Drafts of rules"),
    "off_notices": ("公示", "Public notices"),
    "off_institutions": ("机构", "Institutions"),
    "off_clients": ("接口客户端", "Clients"),
    "off_logins": ("工作人员登录", "Sign-ins"),
    "off_dashboard": ("数据概览", "Dashboard"),
    "off_log": ("访问日志", "Access log"),
    "off_pages": ("翻页", "Pages"),
    "off_all": ("全部", "all"),
    # the console itself
    "off_waits": ("等待办理", "To do"),
    "off_everything": ("全部栏目", "Everything here"),
    "off_more_than": ("{n} 以上", "over {n}"),
    "off_oldest": ("最早 {day}", "oldest {day}"),
    "off_wait_held": ("条待核行", "held rows"),
    "off_wait_hints": ("条疑点提示", "hints"),
    "off_wait_drafts": ("份未了结的草案", "open drafts"),
    "off_about_held": (
        "机构报送、但身份或学分须由人核对的行。",
        "Rows that institutions sent and that a person has to check.",
    ),
    "off_about_people": (
        "凭证件、账户号码或姓名加出生日期查找，须写明目的。",
        "By document, account number or name with date of birth, for a stated purpose.",
    ),
    "off_about_merges": (
        "同一人的两个账户合并；合并有误的可以解除。",
        "Two accounts of one person become one; a merge that proved wrong is ended.",
    ),
    "off_about_hints": (
        "可能有误的迹象，由人核实；不影响任何人。",
        "Signs that something may be wrong, for people to look at. They judge nobody.",
    ),
    "off_about_rules": (
        "已公布的规则、各版本的差异和情形。",
        "What is published: versions, how they differ, and cases.",
    ),
    "off_about_drafts": (
        "起草、检查、测算影响、审定、公布。",
        "Written, checked, measured, approved by a second officer, published.",
    ),
    "off_about_notices": (
        "正在公示的转换申请和转段名单。",
        "Claims and lists that may be objected to now.",
    ),
    "off_about_institutions": (
        "院校、培训机构和发证机构的名称、代码与停用日期。",
        "Colleges, providers and certificate bodies: names, codes, last days.",
    ),
    "off_about_clients": (
        "机构系统的接入凭证：开通、轮换、停用。",
        "Credentials of institutions' systems: opened, rotated, disabled.",
    ),
    "off_about_logins": (
        "工作人员的登录：开通、重置密码、停用。",
        "Sign-ins of staff: opened, reset, disabled.",
    ),
    "off_about_dashboard": (
        "账户、成果、存入、转换、不予认定、办理时长。",
        "Accounts, records, deposits, conversions, refusals, days to decide.",
    ),
    "off_about_log": (
        "谁在何时为何查看或更改了什么。",
        "Who looked at or changed what, when, and why.",
    ),
    # held rows
    "off_held_lead": (
        "这些行尚未存入。打开一行可看到报送内容和可能的账户；每次查看都记入访问日志。",
        "None of these is deposited yet. Open one to see what was sent and whose it may be; each look is logged.",
    ),
    "off_held_none": ("没有等待处理的行。", "No row waits."),
    "off_held_open": ("待处理", "waits"),
    "off_held_resolved": ("已处理", "resolved"),
    "off_held_superseded": ("已被重新报送取代", "sent anew in its place"),
    "off_held_row": ("一条待核行", "A held row"),
    "off_received": ("收到", "Received"),
    "off_ground": ("待核原因", "Why it waits"),
    "off_candidates": ("可能的账户", "Whose it may be"),
    "off_row_n": ("第 {n} 行", "row {n}"),
    "off_back_held": ("返回待核行", "Back to the held rows"),
    "off_as_sent": ("报送内容", "What was sent"),
    "off_name": ("姓名", "Name"),
    "off_student_no": ("学号", "student number"),
    "off_whole_number": ("显示完整证件号码", "Show the whole document number"),
    "off_logged": ("本次查看已记入访问日志。", "This look is in the log of access."),
    "off_no_candidates": ("没有已知的账户与这一行相近。", "No known account is near this row."),
    "off_names": ("姓名", "Names"),
    "off_former": ("（曾用）", "(former)"),
    "off_closed": ("已注销", "closed"),
    "off_activated": ("已激活", "activated"),
    "off_not_activated": ("未激活", "not activated"),
    "off_erased": ("个人信息已依法删除。", "The personal data were erased."),
    "off_resolve": ("处理", "Resolve it"),
    "off_resolve_what": (
        "选定后立即按此存入或不予受理，报送机构会收到结果。处理后不能撤销；记错人的可以改派。",
        "It is deposited, or stays out, at once, and its institution is told. This is not undone; a record posted to "
        "the wrong person can be reassigned.",
    ),
    "off_resolve_button": ("按此处理", "Resolve"),
    "off_match_n": ("是候选人 {n}：{name}", "It is candidate {n}: {name}"),
    "off_match_what": ("存入该账户，与直接核对相符时一样。", "Deposited there, as if it had matched."),
    "off_open_what": (
        "为报送的姓名和证件新开账户。",
        "A new account for the name and the document that were sent.",
    ),
    "off_refuse_what": (
        "不存入；机构可更正后重新报送。",
        "It stays out; the institution can correct it and send it again.",
    ),
    "off_at_plan_what": ("不按报送的学分，按人才培养方案的学分存入。", "Not what was sent: what the plan gives."),
    "off_decision_match": ("存入已有账户", "Matched to an account"),
    "off_decision_open_account": ("是新的学习者，另开账户", "Somebody new: open an account"),
    "off_decision_at_plan_credits": ("按方案学分存入", "Deposit at the plan's credits"),
    "off_decision_refuse": ("不予受理", "Leave it out"),
    "off_reason_kept": ("理由（记入档案，最多 500 字）", "Reason (kept on record, 500 characters at most)"),
    "off_how_resolved": ("处理结果", "How it was resolved"),
    "off_resolved": ("处理时间", "Resolved"),
    "off_next_held": ("下一条待核行", "The next held row"),
    "f_decision": ("处理方式", "Decision"),
    "done_resolution": ("已处理。", "Resolved."),
}
