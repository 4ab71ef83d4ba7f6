"""What the pages say: each phrase once, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from creditbank.errors import Language
from creditbank.portal.console_words import CONSOLE_WORDS
from creditbank.portal.design_words import DESIGN_WORDS
from creditbank.portal.desk_words import DESK
from creditbank.portal.frame_words import FRAME_WORDS
from creditbank.portal.learner_words import LEARNER_WORDS
from creditbank.portal.office_words import OFFICE_WORDS
from creditbank.portal.places_words import PROVINCES
from creditbank.portal.share_words import SHARE_WORDS
from creditbank.portal.worth_words import WORTH_WORDS
from creditbank.rules.lists import (
    ACHIEVEMENT,
    ATTEMPT,
    AWARD_LEVEL,
    CERTIFICATE_LEVEL,
    EXEMPTION,
    FORM,
    GRADE_TEXT,
    KIND,
    LEVEL,
    PRIZE,
    RESULT,
    SCHEME,
)
from creditbank.rules.units import Choices

Say = Callable[..., str]

WORDS: Mapping[str, tuple[str, str]] = {
    # every page
    "bank": ("学分银行", "Credit bank"),
    "skip": ("跳到正文", "Skip to the content"),
    "other_language": ("English", "中文"),
    "sign_in": ("登录", "Sign in"),
    "sign_out": ("退出登录", "Sign out"),
    "transcript": ("终身学习档案", "Transcript"),
    "home": ("首页", "Front page"),
    "foot": (
        "每一个学分都可以追溯到它的学习成果、认定决定和依据条款。",
        "Every credit can be followed back to its record, its decision and the clause it rests on.",
    ),
    "colon": ("：", ": "),
    "semicolon": ("；", "; "),
    # the front page
    "front_lead": (
        "学分银行存入您在学校、培训和工作中取得的学习成果，按公开的规则认定学分，记入您的个人学习账户，终身有效。",
        "The credit bank keeps what you achieve at school, in training and at work, turns it into credits by public "
        "rules, and holds them in your personal account for life.",
    ),
    "front_console": ("进入报送与办理", "To the console"),
    "front_office": ("进入业务管理", "To the office"),
    "front_my": ("进入我的主页", "To my page"),
    "front_how": ("学分从哪里来", "Where credits come from"),
    "front_record": (
        "学习成果：院校、培训机构、发证机构报送您的课程成绩、证书、培训等。",
        "Records: schools, training providers and certificate bodies report your results, certificates and trainings.",
    ),
    "front_decision": (
        "认定决定：按取得成果之日有效的规则判定，逐条说明理由和依据。",
        "Decisions: the rules of the day on which you achieved it decide, with every reason and source.",
    ),
    "front_posting": (
        "记账：认定的学分存入您的账户；更正和撤回也留下记录，不会悄悄改动。",
        "Postings: credits enter your account; corrections and withdrawals leave a trace, nothing changes silently.",
    ),
    "front_account": ("还不能登录？", "Cannot sign in yet?"),
    "front_account_how": (
        "账户由学校或培训机构开立。请向其领取一次性激活码。未满十四周岁的学习者由登记的监护人代为办理。",
        "Schools and training providers open accounts: ask yours for a one-time activation code. For a child under "
        "fourteen a recorded guardian acts.",
    ),
    "front_public": ("公开信息", "Open to everybody"),
    "front_rules": ("现行规则", "The rules in force"),
    "rules_lead": (
        "学分银行按这些规则存入、转换和认定学分。点开可看每一条款、依据和判定情形。",
        "By these the bank deposits, converts and recognises credits. Open one for its clauses, sources and cases.",
    ),
    "rules_data": ("规则数据（JSON）", "The rule as data (JSON)"),
    "front_api": ("数据接口说明（供系统开发者）", "The API (for developers)"),
    # signing in
    "sign_in_lead": ("使用激活账户时设置的登录名和密码。", "Use the login name and the password of your account."),
    "login_name": ("登录名", "Login name"),
    "password": ("密码", "Password"),
    "sign_in_lapsed": (
        "您已较长时间没有操作，登录已失效，请重新登录。",
        "You were away for a while and the session has ended. Sign in again.",
    ),
    "sign_in_already": ("您已登录。再次登录将替换当前身份。", "You are signed in. Signing in again takes its place."),
    "sign_in_missing": ("请填写登录名和密码。", "Enter the login name and the password."),
    "sign_in_forgot": (
        "忘记密码或登录名，请联系为您开户的学校或培训机构。",
        "If you forgot either, ask the school or training provider that opened your account.",
    ),
    "sign_in_shared": (
        "在公用设备上使用后，请务必退出登录。十分钟没有操作会自动退出。",
        "On a shared device, sign out when you are done. After ten minutes without use you are signed out.",
    ),
    # something went wrong
    "problem_403": ("不能进行此操作", "You cannot do this"),
    "problem_404": ("没有找到", "Not found"),
    "problem_429": ("请稍后再试", "Try again later"),
    "problem_503": ("系统暂时繁忙", "Temporarily unavailable"),
    "problem_other": ("未能完成", "That did not work"),
    "problem_no_page": (
        "这个页面不存在，可能网址有误，或页面已移走。",
        "There is no page at this address. It may be mistyped, or the page has moved.",
    ),
    "problem_number": ("查询编号", "Reference number"),
    # the transcript: whose
    "account_no": ("账户号码", "Account number"),
    "document": ("证件", "Identity document"),
    "made_at": ("生成时间", "Made"),
    "nameless": ("（姓名已删除）", "(name erased)"),
    "erased": (
        "该账户的个人信息已依法删除，姓名、证件和加密保存的内容不再显示。",
        "The personal data of this account were erased: name, document and everything kept sealed are gone.",
    ),
    "partial": (
        "部分档案：本页只含所选的 {shown} 项成果，账户共有 {all} 项。",
        "Partial: this page holds {shown} chosen records of {all} in the account.",
    ),
    "see_whole": ("查看全部", "See everything"),
    "merged": (
        "本档案合并了同一人的 {n} 个账户。",
        "This transcript holds {n} accounts that belong to one person.",
    ),
    "children": ("我代为办理的孩子", "Children I act for"),
    "children_choose": ("请选择要查看的孩子。", "Choose a child."),
    "children_none": (
        "目前没有由您代为办理的未满十四周岁学习者。",
        "There is no learner under fourteen for whom you are the recorded guardian.",
    ),
    "own": ("我自己的档案", "My own transcript"),
    # the transcript: when
    "clocks": ("查看过去某一天的档案", "See it as of another day"),
    "clocks_help": (
        "两个日期各有含义，可只填一个；都不填即为现在的档案。",
        "The two days mean different things; fill in one, both or none. Without any it is the transcript of now.",
    ),
    "as_of": ("只看这一天及以前取得的成果", "Only what was achieved by this day"),
    "known_at": ("按学分银行到这一天为止所知道的", "As the bank knew it at the end of this day"),
    "show": ("查看", "Show"),
    "back_to_now": ("回到现在", "Back to now"),
    "past_as_of": ("只含 {day} 及以前取得的成果。", "Only what was achieved by {day}."),
    "past_known": ("按学分银行在 {at} 所知道的内容。", "As the bank knew it at {at}."),
    "past_known_last": (
        "您查询的是 {asked}；此后的变更尚未编号，因此以 {at} 为准。",
        "You asked for {asked}; later changes are not numbered yet, so this is as of {at}.",
    ),
    "past_nothing_known": (
        "到 {asked} 为止，学分银行还没有任何已编号的记录。",
        "By {asked} the bank had no numbered record at all.",
    ),
    # the transcript: what
    "totals": ("各体系学分", "Credits by scheme"),
    "totals_apart": (
        "不同学分体系的学分性质不同，不能相加。",
        "Credits of different schemes are different things and are never added together.",
    ),
    "no_totals": ("还没有存入的学分。", "No credits yet."),
    "no_records": ("还没有学习成果。", "No records yet."),
    "no_records_hint": (
        "学校、培训机构或发证机构报送后，会显示在这里。如有遗漏，请联系报送机构。",
        "They appear here once a school, training provider or certificate body reports them. Is one missing? Ask it.",
    ),
    "uncredited": ("未存入学分的成果", "Records without credits"),
    "uncredited_lead": (
        "这些成果保留在档案中，但没有存入学分。点开可以看到每一条理由。",
        "These records stay in the transcript without credits. Open one to see every reason.",
    ),
    "conversions": ("转换的课程学分", "Courses converted"),
    "conversions_lead": (
        "院校按其办法，用您的学习成果认定的方案内课程。转换的学分与上面存入的学分分开计算，不能相加。",
        "Courses of a plan that a college recognised your records for, by its rules. These credits are counted apart "
        "from what is deposited above and never added to it.",
    ),
    "course": ("课程", "Course"),
    "converted_on": ("认定日期", "Recognised"),
    "converted_from": ("所用成果", "Records used"),
    "record_not_shown": ("未显示的成果", "a record not shown here"),
    "override_because": ("由人员决定，理由：{reason}", "Decided by a person: {reason}"),
    "override_until": ("（有效至 {day}）", " (holds until {day})"),
    "enrolments": ("学籍经历", "Enrolments"),
    "level_none": ("不分学历层次", "Outside the levels of education"),
    "subtotal": ("小计", "Subtotal"),
    "date": ("取得日期", "Date"),
    "record": ("学习成果", "Record"),
    "score": ("成绩", "Score"),
    "credits": ("学分", "Credits"),
    "verdict": ("判定", "Verdict"),
    "reason": ("原因", "Reason"),
    "institution": ("报送机构", "Reported by"),
    "reason_open": ("理由见详情。", "Open the record for the reasons."),
    "reason_version": (
        "取得之日没有适用的规则，可由学分银行判定。",
        "No rule holds for that day; the bank can decide it.",
    ),
    "reason_output": (
        "认定学分所需的信息还不完整，详情中说明缺少什么、由谁提供。",
        "Something is missing to say how many credits; the record says what, and who can supply it.",
    ),
    "not_a_paper": (
        "本页供查阅，不是学习成果证明。",
        "This page is for reading; it is not an issued paper.",
    ),
    "print_hint": ("可用浏览器的打印功能打印本页（A4）。", "Your browser prints this page on A4."),
    # the story of a record
    "back_to_transcript": ("返回学习档案", "Back to the transcript"),
    "now": ("现在的结果", "What holds now"),
    "now_granted": ("存入 {credits} {scheme}。", "{credits} {scheme} deposited."),
    "now_nothing_due": ("按规则存档，不给学分。", "Kept on record; by the rules it gives no credits."),
    "now_not_granted": ("未存入学分。", "No credits deposited."),
    "now_unknown": ("尚不能判定，暂未存入学分。", "Not decided yet; no credits deposited so far."),
    "now_withdrawn": (
        "报送机构已撤回该成果，由此存入的学分已冲回；经过保留如下。",
        "The institution withdrew this record; its credits were reversed and the history stays.",
    ),
    "now_reassigned": (
        "该成果曾误记在本账户，已转给其所属的学习者，由此存入的学分已冲回。",
        "This record had been posted here by mistake and was moved to whom it belongs; its credits were reversed.",
    ),
    "since": ("自 {day} 起：", "From {day}: "),
    "step_reported": ("一、报送", "1. What was reported"),
    "step_decided": ("二、认定", "2. What was decided"),
    "step_posted": ("三、记账", "3. What was posted"),
    "version_n": ("第 {n} 版", "Version {n}"),
    "act_reported": ("报送", "reported"),
    "act_corrected": ("更正", "corrected"),
    "act_withdrawn": ("撤回", "withdrawn"),
    "act_reassigned_away": ("转出（误记更正）", "moved away (posted to the wrong person)"),
    "act_reassigned_here": ("转入（误记更正）", "moved here (had been posted to the wrong person)"),
    "submission_no": ("报送批次", "Submission"),
    "row_label": ("报送中的位置", "Place in the submission"),
    "sent_by_client": ("由报送机构的系统发送", "sent by the institution's system"),
    "sent_by_bank": ("由学分银行业务员办理", "by an officer of the bank"),
    "sent_by_login": ("由工作人员登录后发送", "sent by a member of staff"),
    "recorded_at": ("学分银行收到", "The bank learned it"),
    "why": ("说明", "Why"),
    "why_sent_again": ("重新报送，内容有变化", "sent again with other content"),
    "noticed": ("提示", "Noticed"),
    "sealed_gone": ("加密保存的内容已删除。", "What was kept sealed has been erased."),
    "decision_past": ("以前的认定（已被后来的认定取代）", "Earlier decisions (superseded)"),
    "decided_at": ("认定时间", "Decided"),
    "rule": ("规则", "Rule"),
    "rule_version": ("《{title}》第 {version} 版", "{title}, version {version}"),
    "rule_why": ("为什么用这一版", "Why this version"),
    "rule_day": ("{because}（{day}）", "{because} ({day})"),
    "decided_withdrawal": ("报送机构撤回", "Withdrawn by its institution"),
    "decided_reassignment": ("误记改正", "Posted to the wrong person"),
    "main_reason": ("主要理由", "Main reason"),
    "findings": ("逐条理由", "Every finding"),
    "finding_met": ("符合", "met"),
    "finding_not_met": ("不符合", "not met"),
    "finding_unknown": ("待定", "not known"),
    "finding_refer": ("待核实", "to be checked"),
    "finding_exempt": ("免予要求", "exempt"),
    "finding_warn": ("提示", "note"),
    "finding_give": ("结果", "result"),
    "findings_erased": (
        "认定所用的事实已随个人信息删除，理由无法再列出；认定结果和校验值仍在。",
        "The facts used were erased with the personal data, so the reasons cannot be told; the decision still stands.",
    ),
    "citations": ("依据", "Sources"),
    "status_in_force": ("施行", "in force"),
    "status_draft": ("征求意见稿", "draft"),
    "status_published": ("院校公布", "published by a college"),
    "status_proposal": ("本行拟定", "the bank's own proposal"),
    "posting_grant": ("存入", "granted"),
    "posting_take_back": ("收回", "taken back"),
    "posting_reversal": ("冲回", "reversed"),
    "posting_undone": ("这笔已被冲回", "this one was reversed"),
    "postings_none": ("没有记账：没有学分存入或冲回。", "Nothing was posted: no credits came or went."),
    "posted_at": ("记账时间", "Posted"),
    "counts_from": ("起算日期", "Counts from"),
    "entries": ("分录", "Entries"),
    "ledger_account": ("分户", "Account"),
    "account_deposit": ("您的{scheme}账户", "Your account of {scheme}"),
    "account_source": ("来源：{institution}", "Source: {institution}"),
    "amount": ("变动", "Change"),
    "balance_after": ("变动后余额", "Balance after"),
    "numbers": ("编号与校验值", "Numbers and digests"),
    "record_no": ("成果编号", "Record number"),
    "decision_no": ("认定编号", "Decision number"),
    "posting_no": ("记账编号", "Posting number"),
    "digest": ("校验值", "Digest"),
    # verdicts
    "granted": ("予以认定", "Granted"),
    "not_granted": ("不予认定", "Not granted"),
    "unknown": ("尚不能判定", "Not yet known"),
    "on_record": ("存档", "On record"),
    "withdrawn": ("不再计入", "No longer counted"),
    # what a record says
    "term": ("{year}学年第{term}学期", "{year}, term {term}"),
    "attempt_n": ("第{n}次", "no. {n}"),
    "in_hours": ("{n} 学时", "{n} hours"),
    "in_weeks": ("{n} 周", "{n} weeks"),
    "place_n": ("第 {n} 名", "place {n}"),
    "team_n": ("{n} 人团队", "team of {n}"),
    "entry_year": ("{n}级", "entry {n}"),
    "number_is": ("证书编号 {n}", "no. {n}"),
    "valid_until": ("有效期至 {day}", "valid until {day}"),
    "enlisted": ("{day}入伍", "enlisted {day}"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    # fields as they were reported
    "field_course_code": ("课程代码", "Course code"),
    "field_course_name": ("课程名称", "Course name"),
    "field_academic_year": ("学年", "Academic year"),
    "field_term": ("学期", "Term"),
    "field_occurred_on": ("取得日期", "Date"),
    "field_attempt": ("考试类别", "Sitting"),
    "field_attempt_no": ("第几次", "Attempt number"),
    "field_score": ("成绩", "Score"),
    "field_scale": ("成绩制", "Score scale"),
    "field_credits": ("报送学分", "Credits reported"),
    "field_student_no": ("学号", "Student number"),
    "field_standard": ("证书标准", "Certificate standard"),
    "field_level": ("等级或层次", "Level"),
    "field_number": ("证书编号", "Certificate number"),
    "field_valid_until": ("有效期至", "Valid until"),
    "field_title": ("名称", "Title"),
    "field_started_on": ("开始日期", "From"),
    "field_hours": ("学时", "Hours"),
    "field_hours_verified": ("学时已核验", "Hours verified"),
    "field_passed": ("合格", "Passed"),
    "field_event": ("事项", "Event"),
    "field_rank": ("获奖等次", "Prize"),
    "field_place": ("名次", "Place"),
    "field_team_size": ("团队人数", "Size of the team"),
    "field_member_no": ("团队中的位次", "Place in the team"),
    "field_organiser": ("主办方", "Organiser"),
    "field_form": ("形式", "Form"),
    "field_host": ("单位", "Host"),
    "field_weeks": ("周数", "Weeks"),
    "field_enlisted_on": ("入伍日期", "Enlisted on"),
    "field_honour": ("荣誉", "Honour"),
    "field_category": ("类别", "Category"),
    "field_platform": ("平台", "Platform"),
    "field_name": ("考试名称", "Examination"),
    "field_subject": ("科目", "Subject"),
    "field_programme_code": ("专业代码", "Programme code"),
    "field_year_of_entry": ("入学年级", "Year of entry"),
    "field_key": ("报送机构的编号", "The institution's own key"),
}

EVENTS: Mapping[str, tuple[str, str]] = {
    "entered": ("入学", "entered"),
    "suspended": ("休学", "suspended"),
    "resumed": ("复学", "resumed"),
    "transferred": ("转学", "transferred"),
    "graduated": ("毕业", "graduated"),
    "completed": ("结业", "completed"),
    "withdrew": ("退学", "withdrew"),
}
DOCUMENTS: Mapping[str, tuple[str, str]] = {
    "resident_id": ("居民身份证", "resident identity card"),
    "hk_macao_permit": ("港澳居民来往内地通行证", "mainland travel permit (Hong Kong and Macao)"),
    "taiwan_permit": ("台湾居民来往大陆通行证", "mainland travel permit (Taiwan)"),
    "hmt_residence": ("港澳台居民居住证", "residence permit (Hong Kong, Macao, Taiwan)"),
    "foreign_permanent_residence": ("外国人永久居留身份证", "foreign permanent resident card"),
    "passport": ("护照", "passport"),
}


def _of(choices: Choices) -> Mapping[str, tuple[str, str]]:
    return {word: (zh, en) for word, zh, en in choices.words}


CHOICES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "scheme": _of(SCHEME),
    "level": _of(LEVEL),
    "kind": _of(KIND),
    "result": _of(RESULT),
    "attempt": _of(ATTEMPT),
    "form": _of(FORM),
    "award_level": _of(AWARD_LEVEL),
    "prize": _of(PRIZE),
    "achievement": _of(ACHIEVEMENT),
    "certificate_level": _of(CERTIFICATE_LEVEL),
    "exemption": _of(EXEMPTION),
    "grade_text": _of(GRADE_TEXT),
    "event": EVENTS,
    "document": DOCUMENTS,
    "province": PROVINCES,
}


GROUPS = (WORDS, FRAME_WORDS, DESIGN_WORDS, DESK, LEARNER_WORDS, WORTH_WORDS, SHARE_WORDS, CONSOLE_WORDS, OFFICE_WORDS)
"""What each group of pages says; a test holds that no two of them use one name."""
PHRASES: Mapping[str, tuple[str, str]] = {name: said for group in GROUPS for name, said in group.items()}


@cache
def speaker(language: Language) -> Say:
    """Says phrases in one language, their gaps filled. Raises KeyError for one that is not there."""
    place = 0 if language == "zh" else 1

    def say(phrase: str, **filled: object) -> str:
        said = PHRASES[phrase][place]
        return said.format(**filled) if filled else said

    return say


def named(choices: str, word: str | None, language: Language) -> str:
    """The name of one of a closed list of words; a word that is not of the list stands for itself."""
    if word is None:
        return ""
    found = CHOICES[choices].get(word)
    return word if found is None else found[0 if language == "zh" else 1]
