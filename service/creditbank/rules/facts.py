"""Every fact that a rule may ask about, declared once: type, unit, names, what its absence means, who can supply it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from creditbank.rules import units
from creditbank.rules.problems import FactNotReadable
from creditbank.rules.units import DATE, NAME, TRUTH, Choices, Type, choice, number

KIND = Choices(
    "record_kind",
    (
        ("course_result", "课程成绩", "course result"),
        ("certificate", "证书", "certificate"),
        ("training", "非学历培训", "training"),
        ("award", "竞赛获奖", "award"),
        ("practice", "实践或实习", "practice or internship"),
        ("military_service", "服兵役", "military service"),
        ("work_achievement", "工作业绩", "work achievement"),
        ("online_course", "在线课程", "online course"),
        ("assessment", "考试或测评", "examination or assessment"),
        ("enrolment_event", "学籍变动", "enrolment event"),
    ),
)
RESULT = Choices(
    "result",
    (
        ("passed", "合格", "passed"),
        ("failed", "不合格", "failed"),
        ("absent", "缺考", "absent"),
        ("cheated", "作弊", "cheated"),
        ("deferred", "缓考", "deferred"),
        ("exempted", "免修", "exempted"),
        ("none", "未报结果", "no result reported"),
    ),
)
ATTEMPT = Choices(
    "attempt_kind",
    (
        ("normal", "正考", "first sitting"),
        ("makeup", "补考", "resit"),
        ("retake", "重修", "retake"),
        ("deferred", "缓考", "deferred sitting"),
    ),
)
FORM = Choices(
    "learning_form",
    (
        ("theory", "理论", "theory"),
        ("integrated", "理实一体", "theory and practice together"),
        ("practice", "实践", "practice"),
        ("internship", "岗位实习", "internship"),
        ("graduation_project", "毕业设计", "graduation project"),
        ("military", "军事训练", "military training"),
        ("training", "培训", "training"),
        ("community", "社区教育", "community education"),
        ("online", "在线", "online"),
    ),
)
AWARD_LEVEL = Choices(
    "award_level",
    (
        ("institution", "校级", "institution"),
        ("municipal", "市级", "municipal"),
        ("provincial", "省级", "provincial"),
        ("national", "国家级", "national"),
        ("international", "国际级", "international"),
    ),
    chains=(("institution", "municipal", "provincial", "national", "international"),),
)
PRIZE = Choices(
    "award_rank",
    (
        ("none", "未获奖", "no prize"),
        ("excellence", "优秀奖", "merit"),
        ("third", "三等奖", "third prize"),
        ("second", "二等奖", "second prize"),
        ("first", "一等奖", "first prize"),
    ),
    chains=(("none", "excellence", "third", "second", "first"),),
)
ACHIEVEMENT = Choices(
    "achievement_kind",
    (
        ("patent", "专利", "patent"),
        ("paper", "论文", "published paper"),
        ("technical_innovation", "技术革新", "technical innovation"),
        ("other", "其他业绩", "other achievement"),
    ),
)
COURSE_SOURCE = Choices(
    "course_source",
    (("plan", "人才培养方案", "the learner's plan"), ("catalogue", "院校课程目录", "the institution's catalogue")),
)
LEVEL = Choices(
    "level",
    (
        ("secondary_vocational", "中等职业教育", "secondary vocational"),
        ("technician", "技工教育", "technician education"),
        ("higher_vocational", "高职专科", "higher vocational"),
        ("vocational_bachelor", "职业本科", "vocational bachelor"),
        ("undergraduate", "普通本科", "undergraduate"),
        ("general_high_school", "普通高中", "general high school"),
    ),
)
INSTITUTION = Choices(
    "institution_kind",
    (
        ("secondary_vocational", "中等职业学校", "secondary vocational school"),
        ("technician_college", "技工院校", "technician college"),
        ("higher_vocational", "高等职业学校", "higher vocational college"),
        ("applied_university", "应用型本科", "applied university"),
        ("general_high_school", "普通高中", "general high school"),
        ("training_provider", "培训机构", "training provider"),
        ("enterprise", "企业", "enterprise"),
        ("certificate_body", "发证机构", "certificate body"),
    ),
)
CERTIFICATE_KIND = Choices(
    "certificate_kind",
    (
        ("vocational_skill_level", "职业技能等级证书（1+X）", "vocational skill level (1+X)"),
        ("occupational_qualification", "职业资格证书", "occupational qualification"),
        ("skill_level", "技能等级证书（人社）", "skill level (human resources)"),
        ("computer_exam", "计算机等级考试", "computer examination"),
        ("language_exam", "外语考试", "language examination"),
        ("other", "其他证书", "other certificate"),
    ),
)
CERTIFICATE_LEVEL = Choices(
    "certificate_level",
    (
        ("elementary", "初级", "elementary"),
        ("intermediate", "中级", "intermediate"),
        ("advanced", "高级", "advanced"),
        ("grade_5", "五级（初级工）", "grade 5"),
        ("grade_4", "四级（中级工）", "grade 4"),
        ("grade_3", "三级（高级工）", "grade 3"),
        ("grade_2", "二级（技师）", "grade 2"),
        ("grade_1", "一级（高级技师）", "grade 1"),
        ("unlevelled", "不分级", "without levels"),
    ),
    chains=(
        ("elementary", "intermediate", "advanced"),
        ("grade_5", "grade_4", "grade_3", "grade_2", "grade_1"),
        ("unlevelled",),
    ),
)
SCHEME = Choices(
    "scheme",
    (
        ("secondary_vocational", "中职学分", "secondary-vocational credits"),
        ("technician", "技工学分", "technician credits"),
        ("higher_vocational", "高职学分", "higher-vocational credits"),
        ("undergraduate", "本科学分", "undergraduate credits"),
        ("general_high_school", "高中学分", "high-school credits"),
        ("training", "非学历学分", "non-degree credits"),
        ("community", "社区教育积分", "community points"),
    ),
)


@dataclass(frozen=True)
class Supplier:
    """Who can say it when it is not known."""

    zh: str
    en: str


REPORTER = Supplier("报送机构", "the institution that reported it")
REGISTRAR = Supplier("院校教务部门", "the institution's registrar")
ISSUER = Supplier("发证机构", "the body that issued it")
BANK = Supplier("学分银行", "the credit bank")

UNKNOWN = None
"""What most absences mean: nobody has said. A comparison with it is unknown, never met and never refused."""


@dataclass(frozen=True)
class Fact:
    """One fact. `step` is the distance at which a case holds a boundary: 59 and 60 hold a pass mark of 60."""

    name: str
    type: Type
    zh: str
    en: str
    supplier: Supplier
    absent: Any = UNKNOWN
    absence_zh: str = "未报送"
    absence_en: str = "not reported"
    step: str = "1"
    always: bool = False
    """It is part of every case; should it be missing all the same, that is unknown too."""


def _facts() -> tuple[Fact, ...]:
    hours = number("hours")
    return (
        Fact("record.kind", choice(KIND), "成果类型", "kind of record", REPORTER, always=True),
        Fact("record.occurred_on", DATE, "取得日期", "date it was achieved", REPORTER, always=True),
        Fact("record.result", choice(RESULT), "成绩结果", "result", REPORTER),
        Fact(
            "record.score",
            number("percent"),
            "成绩",
            "score",
            REPORTER,
            absence_zh="未报百分制成绩（如只有合格与否）",
            absence_en="no score in percent (only a pass, say)",
        ),
        Fact("record.attempt_kind", choice(ATTEMPT), "考试类别", "kind of sitting", REPORTER),
        Fact("record.attempt_number", number("count", whole=True), "第几次", "attempt number", REPORTER),
        Fact("record.hours", hours, "学时", "hours", REPORTER),
        Fact(
            "record.hours_verified",
            TRUTH,
            "学时已核验",
            "hours verified",
            REPORTER,
            absence_zh="没有核验说明",
            absence_en="nobody said whether they were verified",
        ),
        Fact("record.weeks", number("weeks"), "周数", "weeks", REPORTER),
        Fact("record.learning_form", choice(FORM), "学习形式", "learning form", REPORTER),
        Fact("record.award_level", choice(AWARD_LEVEL), "竞赛级别", "level of the contest", REPORTER),
        Fact(
            "record.award_rank",
            choice(PRIZE),
            "获奖等次",
            "prize",
            REPORTER,
            absence_zh="未报等次（如只报名次）",
            absence_en="no prize reported (only a place, say)",
        ),
        Fact("record.place", number("place", whole=True), "名次", "place", REPORTER),
        Fact("record.team", TRUTH, "集体奖项", "team award", REPORTER),
        Fact("record.achievement_kind", choice(ACHIEVEMENT), "业绩类别", "kind of achievement", REPORTER),
        Fact("record.credits_reported", number("credits"), "报送学分", "credits reported", REPORTER, step="0.5"),
        Fact(
            "record.valid_until",
            DATE,
            "有效期至",
            "valid until",
            ISSUER,
            absent="9999-12-31",
            absence_zh="长期有效",
            absence_en="it never ends",
        ),
        Fact("record.id", NAME, "成果编号", "record number", BANK, always=True),
        Fact(
            "course.credits",
            number("credits"),
            "课程学分",
            "credits of the course",
            REGISTRAR,
            step="0.5",
            absence_zh="方案和课程目录中都没有这门课程",
            absence_en="the course is in no plan and no catalogue",
        ),
        Fact("course.in_plan", TRUTH, "方案内课程", "course of the plan", REGISTRAR),
        Fact(
            "course.source", choice(COURSE_SOURCE), "课程学分的出处", "where the course's credits come from", REGISTRAR
        ),
        Fact("course.category", NAME, "课程类别", "category of the course", REGISTRAR),
        Fact("course.learning_form", choice(FORM), "课程学习形式", "learning form of the course", REGISTRAR),
        Fact("course.hours", hours, "课程学时", "hours of the course", REGISTRAR),
        Fact("course.weeks", number("weeks"), "课程周数", "weeks of the course", REGISTRAR),
        Fact(
            "enrolment.level",
            choice(LEVEL),
            "学籍层次",
            "level of the enrolment",
            REGISTRAR,
            absence_zh="取得成果时没有学籍",
            absence_en="no enrolment at the time",
        ),
        Fact("enrolment.year_of_entry", number("year", whole=True), "入学年级", "year of entry", REGISTRAR),
        Fact("certificate.standard", NAME, "证书标准", "standard of the certificate", BANK),
        Fact("certificate.kind", choice(CERTIFICATE_KIND), "证书类别", "kind of certificate", BANK),
        Fact("certificate.level", choice(CERTIFICATE_LEVEL), "证书等级", "level of the certificate", ISSUER),
        Fact(
            "certificate.level_rank",
            number("count", whole=True),
            "等级次序",
            "rank of the level",
            BANK,
            absence_zh="证书标准中没有这一等级",
            absence_en="the standard has no such level",
        ),
        Fact(
            "certificate.recognised_credits",
            number("credits"),
            "证书标准学分",
            "credits of the standard",
            BANK,
            absence_zh="没有来源给出这一等级的学分",
            absence_en="no source gives credits for this level",
            step="0.5",
        ),
        Fact("institution.id", NAME, "报送机构编号", "reporting institution", BANK),
        Fact("institution.kind", choice(INSTITUTION), "报送机构类型", "kind of institution", BANK),
        Fact("decision.on", DATE, "判定日期", "date of the decision", BANK),
    )


FACTS: dict[str, Fact] = {fact.name: fact for fact in _facts()}
SUBJECTS = ("record", "course", "enrolment", "certificate", "institution", "decision")
OWN_IN_ROWS = ("record", "certificate")
"""What a row of a set never takes over from the case it is asked about; the other subjects it may."""


@dataclass(frozen=True)
class Question:
    """What documents decide: outputs, what is added to them, the sets of rows, and what may narrow `applies`."""

    name: str
    outputs: Mapping[str, Type]
    always: Mapping[str, Any]
    sets: Mapping[str, tuple[str, str]]
    chosen_by: str
    narrowed_by: tuple[str, ...]


QUESTIONS = {
    "deposit": Question(
        name="deposit",
        outputs={"credits": number("credits"), "scheme": choice(SCHEME)},
        always={"purpose": "deposit"},
        sets={"same": ("同一内容的学习成果", "records of the same content")},
        chosen_by="record.kind",
        narrowed_by=("institution.kind", "institution.id", "enrolment.level"),
    )
}


def check_facts(question: str, facts: Mapping[str, Any]) -> None:
    """Refuse what the declarations do not know: a misspelt field would otherwise be taken for an absent one.

    Deciding reads only what the document asks; this reads everything and is for tests, cases and imports.
    Raises FactNotReadable.
    """
    known_sets = QUESTIONS[question].sets
    for subject, fields in facts.items():
        if subject in known_sets:
            for row in fields:
                _check_row(subject, row)
        else:
            _check_subject(subject, fields)


def _check_row(name: str, row: Mapping[str, Any]) -> None:
    if not isinstance(row.get("id"), str) or not isinstance(row.get("this"), bool):
        raise FactNotReadable(name, row, why_zh="每行须有 id 和 this", why_en="each row needs an id and this")
    for subject, fields in row.items():
        if subject not in ("id", "this"):
            _check_subject(subject, fields)


def _check_subject(subject: str, fields: Any) -> None:
    if subject not in SUBJECTS:
        raise FactNotReadable(subject, fields, why_zh="没有这类事实", why_en="there are no such facts")
    for key, value in (fields or {}).items():
        fact = FACTS.get(f"{subject}.{key}")
        if fact is None:
            raise FactNotReadable(f"{subject}.{key}", value, why_zh="没有声明这个事实", why_en="it is not declared")
        if value is not None:
            try:
                units.reader(fact.type)(value)
            except units.NotOfType as wrong:
                raise FactNotReadable(fact.name, value, why_zh=wrong.zh, why_en=wrong.en) from None
