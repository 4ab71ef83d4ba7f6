"""The catalogue: which columns the bank knows for each kind of record, by which headers, and how each is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from creditbank.submissions.sheets.days_written import (
    read_academic_term,
    read_academic_year,
    read_day,
    read_last_day,
    read_period,
    read_term,
    read_year_of_entry,
)
from creditbank.submissions.sheets.special_cells import read_attempt, read_exam_attempt, read_mark, read_rank
from creditbank.submissions.sheets.values import (
    Reader,
    choice_of,
    read_certificate_number,
    read_code,
    read_count,
    read_credits,
    read_document_number,
    read_key,
    read_measure,
    read_member,
    read_name,
    read_optional_text,
    read_record_id,
    read_score,
    read_student_no,
    read_text,
    read_yes_no,
)
from creditbank.submissions.sheets.wordings import fold

Act = Literal["report", "withdraw", "reassign"]


@dataclass(frozen=True, slots=True)
class Field:
    """What a column may hold: its name in a mapping, its headers (the best first), and how its cells are read."""

    name: str
    zh: str
    en: str
    reads: str
    headers: tuple[str, ...]
    required: bool = False
    gives: tuple[str, ...] = ()
    """What of a row it supplies, where that is not the field of its own name."""

    @property
    def supplies(self) -> tuple[str, ...]:
        """The fields of a row that this column can fill."""
        return self.gives or (self.name,)


def _field(
    name: str, zh: str, en: str, reads: str, headers: str = "", *, required: bool = False, gives: str = ""
) -> Field:
    words = (zh, *headers.split(), name, en.replace(" ", ""))
    return Field(name, zh, en, reads, tuple(dict.fromkeys(words)), required, tuple(gives.split()))


LEARNER = (
    _field("learner_name", "姓名", "name", "name", "学生姓名 学员姓名 考生姓名 获奖者 获奖学生 持证人 持证人姓名 "
           "成员姓名 参赛选手 选手姓名 作者 名字 xm full_name fullname student_name", required=True),
    _field("student_no", "学号", "student number", "student_no", "学生学号 学籍号 学员编号 学生编号 学生号 学生代码 "
           "考生学号 xh student_id studentid studentnumber"),
    _field("document_number", "证件号码", "identity number", "document_number", "身份证号 身份证号码 证件号 身份证 "
           "公民身份号码 身份证件号 身份证件号码 有效证件号 有效证件号码 居民身份证号 sfzh sfzjh zjhm id_number "
           "idnumber id_card"),
    _field("document_kind", "证件类型", "document kind", "document_kind", "身份证件类型 证件种类 证件类别 sfzjlx "
           "id_type"),
)  # fmt: skip
"""Who a row is about: a name, and a student number or a document."""

KEY = _field("key", "本单位编号", "own key", "key", "业务主键 外部编号 记录编号 唯一标识 external_key")
REASON = _field("reason", "原因", "reason", "optional_text", "撤回原因 改派原因 更正原因 变更原因 理由")
RECORD_ID = _field("record_id", "学习成果编号", "record id", "record_id", "成果编号 学习成果ID")

_OCCURRED = "occurred_on"

_COURSE_RESULT = (
    _field("course_code", "课程代码", "course code", "code", "课程编号 课程号 课程编码 课程ID kcdm kch course_no",
           required=True),
    _field("course_name", "课程名称", "course name", "text", "课程 课程名 课程/环节 科目 科目名称 kcmc kcm course"),
    _field("academic_term", "学年学期", "academic term", "academic_term", "开课学期 学期 学年 修读学期 开课学年学期 "
           "考试学期 成绩学期 修读学年学期 开课时间 学年度学期 xnxq xnxqdm semester", gives="academic_year term"),
    _field("academic_year", "学年", "academic year", "academic_year", "开课学年 修读学年 学年度 成绩学年 xn",
           required=True),
    _field("term", "学期", "term", "term", "开课学期 修读学期 学期号 成绩学期 xq semester", required=True),
    _field(_OCCURRED, "考试日期", "date", "day", "考核日期 考试时间 考核时间 成绩日期 取得日期 取得时间 日期 "
           "成绩取得日期 发生日期 ksrq exam_date", required=True),
    _field("attempt", "修读性质", "attempt", "attempt", "修读类型 修读方式 修读类别 修读情况 重修标记 初修重修",
           gives="attempt attempt_no"),
    _field("exam_attempt", "考试性质", "exam attempt", "exam_attempt", "考试类型 考核性质 成绩性质 考试类别 "
           "成绩类型 考试次序 ksxz",
           gives="attempt attempt_no"),
    _field("attempt_no", "考试次数", "attempt number", "count", "第几次 补考次数 重修次数 修读次数"),
    _field("score", "总成绩", "score", "score", "总评成绩 总评 最终成绩 最终 综合成绩 课程成绩 成绩 总分 分数 "
           "考试成绩 考核成绩 最高成绩 zcj cj final_score finalscore grade mark", required=True),
    _field("remark", "成绩备注", "remark", "mark", "备注 成绩标志 成绩标识 特殊原因 考试状态 特殊情况 成绩状态 "
           "remarks note", gives="score"),
    _field("scale", "成绩制", "scale", "code", "成绩制代码 计分制"),
    _field("credits", "学分", "credits", "credits", "课程学分 总学分 xf credit"),
)  # fmt: skip

_CERTIFICATE = (
    _field("standard", "证书名称", "certificate standard", "standard", "证书标准 证书 证书标准代码 标准代码 "
           "证书代码 职业技能等级证书名称 证书种类 职业资格名称 职业（工种） 职业名称 工种 certificate "
           "certificate_name", required=True),
    _field("level", "等级", "level", "certificate_level", "证书等级 级别 证书级别 技能等级 职业技能等级",
           required=True),
    _field("number", "证书编号", "certificate number", "certificate_number", "证书号 证书号码 证书编码 编号 "
           "certificate_no", required=True),
    _field(_OCCURRED, "发证日期", "date of issue", "day", "颁发日期 发证时间 颁证日期 获证日期 取证日期 取得日期 "
           "获得日期 批准日期 日期 issued_on issue_date", required=True),
    _field("valid_until", "有效期至", "valid until", "last_day", "有效期 有效期截止 有效截止日期 证书有效期 "
           "到期日期 失效日期 expiry_date"),
    _field("score", "成绩", "score", "score", "考核成绩 考试成绩 总成绩 评价成绩"),
)  # fmt: skip

_PERIOD = "起止时间 培训时间 实习时间 时间 日期 起止日期 培训日期 实习起止时间 培训起止时间 实践时间 时间段"

_TRAINING = (
    _field("title", "培训项目", "training", "text", "培训名称 培训项目名称 项目名称 培训班名称 培训课程 班次名称 "
           "培训内容 培训班 course title",
           required=True),
    _field("period", "培训起止日期", "period", "period", _PERIOD, gives="started_on occurred_on"),
    _field("started_on", "开始日期", "first day", "day", "培训开始日期 开班日期 起始日期 开始时间 培训开始时间 "
           "start_date", required=True),
    _field(_OCCURRED, "结束日期", "last day", "day", "培训结束日期 结业日期 截止日期 结束时间 培训结束时间 完成日期 "
           "end_date", required=True),
    _field("hours", "学时", "hours", "measure", "培训学时 课时 总学时 学时数 培训课时", required=True),
    _field("passed", "是否合格", "passed", "yes_no", "结果 培训结果 考核结果 考核情况 是否通过 是否结业 合格 "
           "结业情况 成绩"),
)  # fmt: skip

_AWARD = (
    _field("event", "竞赛名称", "event", "text", "赛项名称 赛项 大赛名称 比赛名称 竞赛项目 获奖名称 奖项名称 "
           "获奖项目 赛事名称 竞赛 比赛 competition",
           required=True),
    _field(_OCCURRED, "获奖日期", "date of the award", "day", "获奖时间 颁奖日期 比赛日期 竞赛日期 比赛时间 "
           "发证日期 日期 award_date",
           required=True),
    _field("level", "级别", "level", "award_level", "竞赛级别 获奖级别 赛事级别 奖项级别 大赛级别 比赛级别 "
           "奖励级别", required=True),
    _field("rank", "奖项", "rank", "rank", "获奖等级 获奖等次 奖次 奖项等级 等级 等次 所获奖项 获奖情况 奖励等级 "
           "名次 award prize",
           gives="rank place level"),
    _field("place", "名次", "place", "count", "获奖名次 排名"),
    _field("team", "团队名称", "team", "text", "团队 队名 参赛队 参赛队名称 队伍名称 参赛队伍 团队名 小组 队伍",
           gives="team_size member_no"),
    _field("team_size", "团队人数", "team size", "count", "人数 成员人数 参赛人数"),
    _field("member_no", "成员序号", "member number", "count", "队内序号 成员排名 本人排名 队员序号 排序 位次"),
    _field("organiser", "主办单位", "organiser", "text", "颁奖单位 组织单位 举办单位 主办方 授奖单位 发证单位"),
)  # fmt: skip

_PRACTICE = (
    _field("form", "实践类型", "form", "practice_form", "类型 实习类型 类别 形式 实践形式 实习形式 实习类别 "
           "实习方式", required=True),
    _field("title", "实践名称", "title", "text", "实习名称 实践项目 实习项目 项目名称 实习岗位 岗位 岗位名称 "
           "实习内容 实践内容 实习课程",
           required=True),
    _field("host", "实习单位", "host", "optional_text", "实践单位 单位 单位名称 企业名称 实习企业 接收单位 "
           "实习单位名称 实践地点"),
    _field("period", "实习起止日期", "period", "period", _PERIOD, gives="started_on occurred_on"),
    _field("started_on", "开始日期", "first day", "day", "实习开始日期 起始日期 开始时间 实习开始时间 start_date",
           required=True),
    _field(_OCCURRED, "结束日期", "last day", "day", "实习结束日期 截止日期 结束时间 实习结束时间 完成日期 "
           "end_date", required=True),
    _field("weeks", "周数", "weeks", "measure", "实习周数 实践周数 周 总周数", required=True),
    _field("passed", "是否合格", "passed", "yes_no", "考核结果 鉴定结果 实习鉴定 结果 是否通过 实习结果 考核情况 "
           "成绩"),
)  # fmt: skip

_MILITARY_SERVICE = (
    _field("enlisted_on", "入伍日期", "day of enlistment", "day", "入伍时间 参军日期 应征入伍日期 参军时间",
           required=True),
    _field(_OCCURRED, "退役日期", "day of discharge", "day", "退役时间 退伍日期 退伍时间 退出现役日期",
           required=True),
    _field("honour", "荣誉", "honour", "optional_text", "立功受奖 立功情况 奖励 荣誉称号 所获荣誉 立功受奖情况"),
)  # fmt: skip

_WORK_ACHIEVEMENT = (
    _field("category", "业绩类别", "category", "achievement", "类别 业绩类型 成果类别 类型 成果类型", required=True),
    _field("title", "业绩名称", "title", "text", "成果名称 专利名称 论文题目 论文名称 项目名称 名称 题目",
           required=True),
    _field(_OCCURRED, "取得日期", "date", "day", "授权日期 发表日期 获得日期 完成日期 授权公告日 日期 取得时间 "
           "发表时间", required=True),
)  # fmt: skip

_ONLINE_COURSE = (
    _field("platform", "平台", "platform", "text", "学习平台 平台名称 课程平台 在线平台 网络平台", required=True),
    _field("title", "课程名称", "course", "text", "在线课程 课程 在线课程名称 课程名 course_name", required=True),
    _field(_OCCURRED, "完成日期", "date of completion", "day", "结课日期 完成时间 结业日期 日期 学习完成日期 "
           "证书日期", required=True),
    _field("hours", "学时", "hours", "measure", "在线学时 学习学时 课时 学习时长 总学时 学时数", required=True),
    _field("passed", "是否合格", "passed", "yes_no", "是否通过 结果 考核结果 合格 是否结业 成绩"),
    _field("hours_verified", "学时已核实", "hours verified", "yes_no", "学时核实 是否核实 是否监学 是否核验"),
)  # fmt: skip

_ASSESSMENT = (
    _field("name", "考试名称", "assessment", "text", "考核名称 测试名称 考试项目 考核项目 等级考试名称 测评名称 "
           "exam_name", required=True),
    _field("subject", "科目", "subject", "optional_text", "考试科目 考核科目 语种 科目名称"),
    _field(_OCCURRED, "考试日期", "date", "day", "考核日期 考试时间 考核时间 日期 测试日期 exam_date", required=True),
    _field("score", "成绩", "score", "score", "考试成绩 总分 分数 考核成绩 总成绩 考核结果 测试成绩 mark",
           required=True),
    _field("scale", "成绩制", "scale", "code", "成绩制代码 计分制"),
)  # fmt: skip

_ENROLMENT_EVENT = (
    _field("event", "异动类型", "event", "enrolment_event", "异动类别 异动原因类别 学籍异动 学籍异动类型 异动情况 "
           "异动", required=True),
    _field(_OCCURRED, "入学日期", "date", "day", "异动日期 入学时间 异动时间 报到日期 注册日期 入学年月 日期 "
           "生效日期 毕业日期 离校日期",
           required=True),
    _field("level", "层次", "level of education", "education_level", "培养层次 学历层次 办学层次 学生类别 教育层次 "
           "学历", required=True),
    _field("programme_code", "专业代码", "programme code", "code", "专业编号 专业编码 专业号 zydm"),
    _field("programme_name", "专业名称", "programme", "programme", "专业 录取专业 现专业 所学专业 zymc major",
           gives="programme_code"),
    _field("year_of_entry", "年级", "year of entry", "year_of_entry", "入学年份 入学年级 当前年级 所在年级 "
           "年级（届） nj"),
)  # fmt: skip

KINDS: Mapping[str, tuple[Field, ...]] = {
    "course_result": (*LEARNER, *_COURSE_RESULT),
    "certificate": (*LEARNER, *_CERTIFICATE),
    "training": (*LEARNER, *_TRAINING),
    "award": (*LEARNER, *_AWARD),
    "practice": (*LEARNER, *_PRACTICE),
    "military_service": (*LEARNER, *_MILITARY_SERVICE),
    "work_achievement": (*LEARNER, *_WORK_ACHIEVEMENT),
    "online_course": (*LEARNER, *_ONLINE_COURSE),
    "assessment": (*LEARNER, *_ASSESSMENT),
    "enrolment_event": (*LEARNER, *_ENROLMENT_EVENT),
}
"""The columns of each kind of record, besides a key of one's own and a reason, which every kind may have."""

KIND_NAMES: Mapping[str, tuple[str, str]] = {
    "course_result": ("课程成绩", "course results"),
    "certificate": ("证书", "certificates"),
    "training": ("非学历培训", "trainings"),
    "award": ("竞赛获奖", "competition awards"),
    "practice": ("实践、岗位实习", "practice and internships"),
    "military_service": ("服兵役", "military service"),
    "work_achievement": ("工作业绩", "work achievements"),
    "online_course": ("在线课程", "online courses"),
    "assessment": ("考试、考核", "assessments"),
    "enrolment_event": ("学籍异动（新生名册）", "enrolment events (rosters)"),
}

SIGNS: Mapping[str, re.Pattern[str]] = {
    "course_result": re.compile("课程成绩|成绩单|成绩表|成绩登记|学生成绩|成绩"),
    "certificate": re.compile("证书|持证|技能等级"),
    "training": re.compile("培训"),
    "award": re.compile("获奖|竞赛|大赛|奖"),
    "practice": re.compile("实习|实践"),
    "military_service": re.compile("入伍|服役|退役|服兵役|参军"),
    "work_achievement": re.compile("业绩|专利|论文|成果"),
    "online_course": re.compile("在线课程|网络课程|慕课|MOOC", re.I),
    "assessment": re.compile("等级考试|水平测试|考核"),
    "enrolment_event": re.compile("新生|学籍|名册|花名册|异动|入学"),
}
"""Words in the name of a sheet, or above its header, that tell of a kind."""

ENTERED_BY_DEFAULT: Mapping[str, Mapping[str, str]] = {"enrolment_event": {"event": "entered"}}
"""What holds where a sheet has no column for it: a roster is of those who entered."""

PERSON: Mapping[str, str] = {"learner_name": "name", "student_no": "student_no"}
"""Columns that say who, and what they are called within a row's learner."""

PARTS = frozenset({"document_number", "document_kind", "remark", "course_name", "standard", "programme_name", "team"})
"""Columns that become part of a row only together with others."""

HIDDEN = frozenset({"document_number", "number"})
"""Columns whose cells no sentence and no sample repeats."""


def fields_of(kind: str | None, *, act: str = "report") -> tuple[Field, ...]:
    """The columns that a sheet of a kind may have when it is sent for an act."""
    own = LEARNER if kind is None else KINDS[kind]
    return (*own, KEY, REASON) if act == "report" else (*own, RECORD_ID, KEY, REASON)


def field_of(name: str, kind: str | None, *, act: str = "report") -> Field | None:
    """One column by its name."""
    return next((field for field in fields_of(kind, act=act) if field.name == name), None)


_DECORATION = re.compile(r"\([^)]*\)|\[[^]]*\]|【[^】]*】|[*:#.]|^[0-9]+[、.]?|(必填|选填)$")
_WHOSE = re.compile("^(学生|学员|考生|获奖者|获奖人|本人|选手|队员|持证人|人员)")


def _joined(header: str) -> str:
    """A header folded; exam_date, Exam Date and exam-date are one."""
    return re.sub("[_-]", "", fold(header))


def header_forms(header: str) -> tuple[str, ...]:
    """A header as it may be looked up: as it is, without remarks in brackets, without saying whose it is."""
    folded = _joined(header)
    bare = _DECORATION.sub("", folded)
    return tuple(dict.fromkeys(form for form in (folded, bare, _WHOSE.sub("", bare)) if form))


def known_headers(fields: tuple[Field, ...]) -> dict[str, list[tuple[int, Field]]]:
    """Folded header → the fields that it may mean, each with how usual the wording is (0 is the best)."""
    known: dict[str, list[tuple[int, Field]]] = {}
    for field in fields:
        for at, word in enumerate(field.headers):
            known.setdefault(_joined(word), []).append((at, field))
    return known


READERS: Mapping[str, Reader] = {
    "academic_term": read_academic_term,
    "academic_year": read_academic_year,
    "attempt": read_attempt,
    "code": read_code,
    "certificate_number": read_certificate_number,
    "count": read_count,
    "credits": read_credits,
    "day": read_day,
    "document_number": read_document_number,
    "exam_attempt": read_exam_attempt,
    "key": read_key,
    "last_day": read_last_day,
    "mark": read_mark,
    "measure": read_measure,
    "member": read_member,
    "name": read_name,
    "optional_text": read_optional_text,
    "period": read_period,
    "programme": read_text,
    "rank": read_rank,
    "record_id": read_record_id,
    "score": read_score,
    "standard": read_text,
    "student_no": read_student_no,
    "term": read_term,
    "text": read_text,
    "year_of_entry": read_year_of_entry,
    "yes_no": read_yes_no,
    **{
        what: choice_of(what)
        for what in (
            "achievement",
            "award_level",
            "certificate_level",
            "document_kind",
            "education_level",
            "enrolment_event",
            "practice_form",
        )
    },
}
"""By `Field.reads`: how a cell is read. What a standard or a programme means is looked up afterwards."""

SPREAD = frozenset({"academic_term", "attempt", "exam_attempt", "period", "rank"})
"""Ways of reading that give several fields of a row at once."""
