"""Closed lists of pathways: kinds, steps, members, examinations, entrances, discipline and agreements."""

from __future__ import annotations

from creditbank.rules.units import Choices

PATHWAY = Choices(
    "pathway_kind",
    (
        ("three_two", "三二分段", "three-plus-two"),
        ("three_four", "中本贯通", "three-plus-four"),
        ("five_year", "五年一贯制", "five-year"),
        ("two_two_two", "2+2+2", "two-two-two"),
        ("higher_bachelor", "高本贯通", "higher vocational to bachelor"),
        ("top_up", "专升本", "top-up to a bachelor"),
        ("general_vocational", "普职互转", "general and vocational schools"),
        ("matched_exam", "对口升学", "matched entrance examination"),
        ("single_exam", "高职单招", "separate entrance of vocational colleges"),
        ("in_school", "校内转学转专业", "transfer inside a school or between schools"),
    ),
)
PATHWAY_STEP = Choices("pathway_step", (("admission", "入班", "admission"), ("progression", "转段", "progression")))
MEMBER_STATUS = Choices(
    "member_status",
    (
        ("provisional", "拟入班", "provisional"),
        ("filed", "已备案", "filed"),
        ("suspended", "休学", "suspended"),
        ("left", "退出", "left"),
        ("progressed", "已转段", "progressed"),
    ),
)
EXAM_KIND = Choices(
    "exam_kind",
    (
        ("stage", "转段考试", "stage examination"),
        ("culture", "文化素质考试", "general knowledge examination"),
        ("professional", "专业理论考试", "examination of professional theory"),
        ("skill", "专业技能测试", "examination of professional skill"),
        ("academic_level", "学业水平考试", "academic level examination"),
        ("school_test", "院校考试", "the college's own test"),
        ("secondary_entrance", "中考", "entrance to senior secondary schools"),
    ),
)
ENTRANCE = Choices(
    "entrance",
    (
        ("college_entrance", "普通高考", "college entrance examination"),
        ("matched_exam", "对口升学考试", "matched entrance examination"),
        ("single_exam", "高职单招", "separate entrance of vocational colleges"),
        ("stage_exam", "转段考试", "stage examination"),
        ("top_up", "专升本考试", "top-up examination"),
    ),
)
REGISTRATION_STATUS = Choices(
    "registration_status",
    (
        ("registered", "已报名", "registered"),
        ("sat", "已参加考试", "sat"),
        ("admitted", "已录取", "admitted"),
        ("withdrawn", "已取消", "withdrawn"),
    ),
)
ADMISSION_OUTCOME = Choices(
    "admission_outcome",
    (
        ("taken", "拟录取", "taken"),
        ("not_taken", "未录取", "not taken"),
        ("given_up", "放弃", "given up"),
    ),
)
SANCTION = Choices(
    "sanction_kind",
    (
        ("warning", "警告", "warning"),
        ("serious_warning", "严重警告", "serious warning"),
        ("demerit", "记过", "demerit"),
        ("probation", "留校察看", "probation"),
        ("expulsion", "开除学籍", "expulsion"),
    ),
    chains=(("warning", "serious_warning", "demerit", "probation", "expulsion"),),
)
MERIT = Choices(
    "merit",
    (
        ("none", "没有立功", "none"),
        ("third", "三等功", "third class"),
        ("second", "二等功", "second class"),
        ("first", "一等功", "first class"),
    ),
    chains=(("none", "third", "second", "first"),),
)
ENROLMENT_EVENT = Choices(
    "enrolment_event",
    (
        ("entered", "入学", "entered"),
        ("suspended", "休学", "suspended"),
        ("resumed", "复学", "resumed"),
        ("transferred", "转学", "transferred"),
        ("graduated", "毕业", "graduated"),
        ("completed", "结业", "completed"),
        ("withdrew", "退学", "withdrew"),
        ("type_changed", "学籍类型变更", "type of enrolment changed"),
        ("programme_changed", "转专业", "programme changed"),
    ),
)
LANGUAGE = Choices(
    "language_kind",
    (
        ("english", "英语", "English"),
        ("japanese", "日语", "Japanese"),
        ("russian", "俄语", "Russian"),
        ("other", "其他语种", "another language"),
    ),
)
AGREEMENT_STEP = Choices(
    "agreement_step",
    (
        ("agreement", "签订协议", "agreement"),
        ("intake", "招生计划", "intake"),
        ("cohort", "组班", "cohort"),
        ("joining", "入班", "joining"),
    ),
)
SCHOOL_GRADE = Choices(
    "school_grade",
    (
        ("national_key", "国家级重点", "national key school"),
        ("provincial_key", "省级重点", "provincial key school"),
        ("other", "其他", "another"),
    ),
)
AT = Choices(
    "stage_at",
    (
        ("school", "中职学校", "the school"),
        ("college", "高等院校", "the college"),
        ("enterprise", "企业", "the enterprise"),
    ),
)
ROUTE = Choices(
    "route",
    (
        ("examined", "经转段考试", "by the stage examination"),
        ("exempt", "免试", "without an examination"),
        ("direct", "直升", "directly"),
        ("recognised", "认定转入", "by recognition"),
    ),
)
