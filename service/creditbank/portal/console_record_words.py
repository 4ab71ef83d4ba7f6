"""What the console's pages of records, terms, accounts, equivalences and class claims say."""

from __future__ import annotations

from collections.abc import Mapping

CONSOLE_RECORD_WORDS: Mapping[str, tuple[str, str]] = {
    # one record
    "con_stands": ("现在", "Now"),
    "con_versions": ("各次报送", "As it was reported"),
    "con_version_n": ("第 {n} 版", "Version {n}"),
    "con_decisions": ("认定", "What was decided"),
    "con_learner_name": ("姓名", "Name"),
    "con_student_or_document": (
        "学号或证件号码填一项即可。",
        "Either the student number or the identity number.",
    ),
    "con_document_if_new": (
        "学籍尚未报送的，另填证件号码",
        "where the enrolment was never reported, fill in the identity number, too",
    ),
    "con_document_kind": ("证件类型", "Kind of document"),
    "con_document_number": ("证件号码", "Identity number"),
    "con_correct_title": ("更正", "Correct it"),
    "con_correct_what": (
        "以新内容再报一次，原来的一版留存；所立的认定、转换随即重新判定。学习者须与原来相同，请再填姓名以核对。",
        "It is reported again with this content and the version before is kept; what stood on it is decided anew. The "
        "learner is the same: type the name again, to make sure.",
    ),
    "done_con_correct": ("已更正。", "It is corrected."),
    "con_withdraw_title": ("撤回", "Withdraw it"),
    "con_withdraw_what": (
        "成果撤回后留在历史中，所立的学分和转换随即冲回。",
        "It stays in the history; credits and conversions that stood on it are reversed at once.",
    ),
    "done_con_withdraw": ("已撤回。", "It is withdrawn."),
    "con_reassign_title": ("改派给正确的人", "Give it to the right person"),
    "con_reassign_what": (
        "报错了人时使用：从原来的人处冲回，在正确的人处认定。身份有疑的不改派，请联系业务员。",
        "For a record of the wrong person: reversed there, decided here. Where an identity is in doubt nothing moves; "
        "ask an officer of the bank.",
    ),
    "done_con_reassign": ("已改派。", "It was given to the right person."),
    "con_to_account": ("查看账户、发放激活码", "The account, and an activation code"),
    # a term
    "con_reconciliation_lead": (
        "一个学期：报送了什么，银行存了什么，还有哪些待处理及原因，最后一次文件之后改了什么。",
        "Of a term: what was sent, what the bank holds, what is open and why, what changed after the last file.",
    ),
    "con_reconcile": ("对账", "Reconcile"),
    "con_term_wrong": ("请选择学年和学期。", "Choose an academic year and a term."),
    "con_terms_known": ("本机构的学期", "Your terms"),
    "con_as_workbook": ("下载对账表", "Download it as a workbook"),
    "con_records_held": ("存有成果", "records held"),
    "con_check_sum": ("学分合计（核对用）", "credits, to compare"),
    "con_by_call": ("逐条报送", "by single calls"),
    "con_sent_in_all": ("各文件报送时的结果合计", "Outcomes when they were sent, over all files"),
    "con_open_rows": ("还需处理的行", "Rows that are open"),
    "con_more_in_workbook": ("仅列出一部分，全部见对账表。", "Some of them; the workbook has all."),
    "con_nothing_open": ("没有需要处理的行，两边相符。", "Nothing is open: both sides agree."),
    "con_by_course": ("按课程", "By course"),
    "con_changed_since": ("最后一次文件之后的变动", "Changed after the last file"),
    "con_what": ("变动", "What"),
    # accounts
    "con_accounts_lead": (
        "为本人持证到场的学习者开立账户，并当面交给一次性激活码。",
        "Open an account for somebody who is here with their document, and hand them the one-time code.",
    ),
    "con_open_title": ("开立账户", "Open an account"),
    "con_open_what": (
        "已有账户的不会重复开立。不是本机构的学习者，只告知“已有账户”；查询他人会被记录并限制次数。",
        "Nobody is given a second account. Of somebody who is not your learner you are told that there is one, and no "
        "more; asking after strangers is written down and limited.",
    ),
    "con_account_opened": ("账户已开立。", "The account is open."),
    "con_account_exists": ("此人已有账户。", "This person has an account."),
    "con_account_held": ("身份须由业务员核对，暂未开立。", "An officer looks at the identity; no account was opened."),
    "con_account_refused": ("未开立。", "No account was opened."),
    "con_birth": ("出生日期", "Date of birth"),
    "con_birth_how": (
        "证件号码不含出生日期时填写。",
        "Where the document's number does not tell it.",
    ),
    "con_many": ("整班、整届", "A class, or a year"),
    "con_many_how": (
        "报送新生名册（学籍异动）即可逐人开立账户；激活码在各人的账户页发放。",
        "Send the roster as a file: an account is opened for each. Codes are handed out on each account's page.",
    ),
    "con_account": ("学习账户", "Account"),
    "con_enrolments": ("本机构的学籍", "Enrolments here"),
    "con_code_title": ("发放激活码", "Hand out an activation code"),
    "con_code_what": (
        "激活码只显示这一次，三十天内有效；新码发出，旧码作废。未满十四岁的，须先登记监护人。请当面交给本人。",
        "It is shown this once and good for thirty days; a new one ends the older. A child under fourteen needs a "
        "recorded guardian first. Hand it to the person.",
    ),
    "con_code_given": ("一次性激活码", "The one-time code"),
    "con_code_how": (
        "请抄写或打印后当面交给本人，离开本页后不能再看到。有效至 {until}。",
        "Copy or print it and hand it to the person: it cannot be seen again. Good until {until}.",
    ),
    # equivalences
    "con_equivalences_lead": (
        "本校认定哪些成果可以替换本校的课程。不修改，只终止后另行登记；建议的尚不作数。",
        "What counts for your own courses. None is edited, only ended and entered anew; proposals do not count yet.",
    ),
    "con_for_course": ("只看认定为某门课程的（课程代码）", "Only for one course (its code)"),
    "con_find": ("查看", "Show"),
    "con_source_course": ("课程", "course"),
    "con_source_certificate": ("证书", "certificate"),
    "con_source_training": ("培训", "training"),
    "con_source_online_course": ("在线课程", "online course"),
    "con_equivalence_proposed": ("申诉支持而建议，待确认", "proposed by an appeal, to be confirmed"),
    "con_equivalence_in_force": ("有效", "in force"),
    "con_equivalence_dropped": ("未采用", "dropped"),
    "con_relevance_n": ("内容相关度 {n}%", "{n}% of the content"),
    "con_from_day": ("自 {day}", "from {day}"),
    "con_confirming_title": ("确认这条认定关系", "Confirm it"),
    "con_confirming_what": (
        "申诉复核人建议；本校确认后对以后的申请有效。",
        "A reviewer of an appeal proposed it; once you confirm, it holds for later claims.",
    ),
    "done_con_confirming": ("已确认。", "It is confirmed."),
    "con_ending_title": ("终止", "End it"),
    "con_ending_what": ("自该日起不再适用；已作出的决定不受影响。", "It holds no more from that day; decisions stand."),
    "done_con_ending": ("已终止。", "It is ended."),
    "con_ends_from": ("自哪一日起不再适用", "From which day it holds no more"),
    "con_valid_from": ("自何日起适用", "From which day it holds"),
    "con_no_equivalences": ("还没有认定关系。", "No equivalences yet."),
    "con_enter_title": ("登记认定关系", "Enter an equivalence"),
    "con_enter_what": (
        "以后的申请按此判定课程内容相符；不能修改。",
        "Later claims go by it for whether the content is the same; it is not edited.",
    ),
    "done_con_enter": ("已登记。", "It is entered."),
    "con_source_kind": ("成果来源", "What counts"),
    "con_source_what": ("来源的内容（按上面的类别填写）", "Which one, by its kind"),
    "con_standard": ("证书标准代码", "Code of the certificate standard"),
    "con_if_certificate": ("来源为证书时填写。", "For a certificate."),
    "con_from_level": ("自哪一等级起", "From which level on"),
    "con_any_level": ("各等级", "any level"),
    "con_whose_course": ("开课或培训机构", "Whose course or training"),
    "con_if_course": ("来源为课程时填写。", "For a course."),
    "con_if_training": ("来源为培训或在线课程时填写。", "For a training or an online course."),
    "con_if_online": ("来源为在线课程时填写。", "For an online course."),
    "con_targets": ("认定为本校课程（代码）", "Counts for your courses (codes)"),
    "con_targets_how": ("多门用逗号分开。", "Several with commas between."),
    "con_relevance": ("内容相关度（百分数）", "How much of the content is the same, in percent"),
    "con_ground": ("认定理由", "Why it counts"),
    "f_sources": ("成果来源", "What counts"),
    "f_targets": ("本校课程", "Your courses"),
    "f_ground": ("认定理由", "Why it counts"),
    "f_number": ("证件号码", "Identity number"),
    "f_learner": ("学习者", "Learner"),
    # class claims
    "con_class_heading": ("为班级申请转换", "Claim for a class"),
    "con_class_lead": (
        "为本校学生申请，每人一份，各有结果。所用成果须为本校报送，或学习者授权本校用于认定。",
        "A claim for each of your learners, each with an outcome; by records that you reported, or that the learner "
        "lets you use for recognition.",
    ),
    "con_class_what": ("一人有误不影响其他人。", "What is wrong with one stops no other."),
    "con_class_button": ("提出申请", "Claim"),
    "con_class_members": ("学习者", "Learners"),
    "con_class_how": (
        "一行一项：学号，学习成果编号，课程代码；可从表格中复制。同一学号的各行合为一份申请。至多 200 人。",
        "One line each: student number, record id, course code; copied from a spreadsheet, too. Lines of one number "
        "are one claim. 200 learners at most.",
    ),
    "con_class_claimed": ("已受理", "claimed"),
    "con_class_refused": ("未受理", "refused"),
    "con_to_claim": ("查看申请", "See the claim"),
}
