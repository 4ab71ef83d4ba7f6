"""Facts of pathways: the pathway, the member of a cohort, examinations, discipline, entrances, agreements."""

from __future__ import annotations

from dataclasses import replace

from creditbank.rules.declaring import BANK, COLLEGE, EXAM_AUTHORITY, LEARNER, SCHOOL, Fact
from creditbank.rules.lists import DISCIPLINE, INSTITUTION, LEVEL, RESULT
from creditbank.rules.pathway_lists import (
    ADMISSION_OUTCOME,
    AGREEMENT_STEP,
    AT,
    ENROLMENT_EVENT,
    ENTRANCE,
    EXAM_KIND,
    LANGUAGE,
    MEMBER_STATUS,
    MERIT,
    PATHWAY,
    PATHWAY_STEP,
    REGISTRATION_STATUS,
    SANCTION,
    SCHOOL_GRADE,
)
from creditbank.rules.units import DATE, NAME, TRUTH, choice, number

COUNT = number("count", whole=True)
YEAR = number("year", whole=True)
YEARS = number("years", whole=True)
PERCENT = number("percent")
POINTS = number("points")


def pathway_facts() -> tuple[Fact, ...]:
    """Each with who can supply it."""
    return (*_pathway(), *_member(), *_examinations(), *map(_sensitive, _personal()), *_round(), *_agreement())


def _sensitive(fact: Fact) -> Fact:
    return replace(fact, sensitive=True)


def _pathway() -> tuple[Fact, ...]:
    return (
        Fact("pathway.kind", choice(PATHWAY), "通道类型", "kind of pathway", BANK, always=True),
        Fact("pathway.step", choice(PATHWAY_STEP), "办理环节", "step of the pathway", BANK, always=True),
        Fact("pathway.province", NAME, "通道所属省份", "province of the pathway", BANK),
        Fact("pathway.track", NAME, "类别或专业大类", "track of the pathway", BANK),
        Fact("pathway.college", NAME, "接收院校", "college of the pathway", BANK),
        Fact("pathway.school", NAME, "前段学校", "school of the pathway", BANK),
        Fact("pathway.year", YEAR, "转段或招生年份", "year of the progression or intake", BANK),
        Fact("pathway.on", DATE, "办理日期", "day it is asked about", BANK, always=True, moves="later"),
        Fact(
            "pathway.week_of_term",
            COUNT,
            "办理时是学期第几周",
            "week of term on the day it is asked about",
            SCHOOL,
            absence_zh="不在学期内，或校历未登记",
            absence_en="not in term, or the calendar is not on file",
        ),
        Fact("pathway.in_force", TRUTH, "贯通培养协议有效", "the agreement is in force", BANK),
        Fact("pathway.filed", TRUTH, "贯通培养协议已备案", "the agreement is filed", BANK),
        Fact("target.level", choice(LEVEL), "升入层次", "level that is entered", BANK),
        Fact("target.discipline", choice(DISCIPLINE), "升入学科门类", "discipline that is entered", BANK),
        Fact("target.programme", NAME, "升入专业", "programme that is entered", BANK),
        Fact("pathway.school_kind", choice(INSTITUTION), "前段学校类型", "kind of the school of the pathway", BANK),
        Fact(
            "programme.exam_category",
            NAME,
            "所学专业对应的考试类别",
            "category of the entrance examination that the programme belongs to",
            EXAM_AUTHORITY,
            absence_zh="尚未公布对应哪一类",
            absence_en="nobody has published which one",
        ),
    )


def _member() -> tuple[Fact, ...]:
    return (
        Fact("member.status", choice(MEMBER_STATUS), "在班状态", "standing in the cohort", SCHOOL),
        Fact("member.filed", TRUTH, "列入备案名单", "in the filed list", EXAM_AUTHORITY),
        Fact("member.joined_on", DATE, "入班日期", "day of joining the cohort", SCHOOL),
        Fact("member.informed", TRUTH, "已书面告知家长", "guardians informed in writing", SCHOOL),
        Fact("member.recommended", TRUTH, "学校推荐", "recommended by the school", SCHOOL),
        Fact("member.other_cohorts", COUNT, "其他贯通班数", "other cohorts the learner is in", BANK, moves="down"),
        Fact("member.changes", COUNT, "学籍类型变更次数", "changes of the type of enrolment", SCHOOL),
        Fact("member.term_of_study", COUNT, "在读学期序数", "term of study", SCHOOL),
        Fact("member.graduating", TRUTH, "应届毕业生", "graduates this year", SCHOOL),
        Fact("member.agreed", TRUTH, "本人或监护人同意", "agreed by the learner or guardian", LEARNER, moves="any"),
        Fact("process.score", PERCENT, "过程考核成绩", "process assessment", SCHOOL, moves="up"),
        Fact("process.passed", TRUTH, "过程考核合格", "process assessment passed", SCHOOL, moves="any"),
        Fact("registration.entrance", choice(ENTRANCE), "报考类别", "entrance registered for", EXAM_AUTHORITY),
        Fact(
            "registration.status", choice(REGISTRATION_STATUS), "报考状态", "state of the registration", EXAM_AUTHORITY
        ),
        Fact("registration.category", NAME, "报考专业类别", "category registered for", EXAM_AUTHORITY),
        Fact("registration.on", DATE, "报名日期", "day of registration", EXAM_AUTHORITY),
        Fact("registration.year", YEAR, "报考年份", "year of the entrance", EXAM_AUTHORITY),
        Fact("admission.kind", choice(PATHWAY), "录取通道", "pathway of the admission", EXAM_AUTHORITY),
        Fact("admission.outcome", choice(ADMISSION_OUTCOME), "录取结果", "outcome of the admission", EXAM_AUTHORITY),
        Fact("admission.on", DATE, "录取日期", "day of the admission", EXAM_AUTHORITY),
        Fact("admission.year", YEAR, "录取年份", "year of the admission", EXAM_AUTHORITY),
        Fact("event.kind", choice(ENROLMENT_EVENT), "学籍变动类型", "kind of enrolment event", SCHOOL),
        Fact("event.on", DATE, "学籍变动日期", "day of the enrolment event", SCHOOL),
    )


def _examinations() -> tuple[Fact, ...]:
    return (
        Fact("exam.kind", choice(EXAM_KIND), "考试类型", "kind of examination", COLLEGE),
        Fact("exam.subject", NAME, "考试科目", "subject of the examination", COLLEGE),
        Fact("exam.sitting", COUNT, "考试场次", "sitting", COLLEGE),
        Fact("exam.on", DATE, "考试日期", "day of the examination", COLLEGE),
        Fact("exam.points", POINTS, "考试分数", "points of the examination", COLLEGE, step="0.5", moves="up"),
        Fact("exam.full", POINTS, "考试满分", "full marks of the examination", COLLEGE, step="0.5"),
        Fact("exam.result", choice(RESULT), "考试结果", "result of the examination", COLLEGE, moves="any"),
        Fact("exam.latest", TRUTH, "属于最近一场", "of the latest sitting of its kind", BANK),
        Fact("exam.drawn", TRUTH, "抽考科目", "a drawn subject", COLLEGE),
        Fact("exam.markers", COUNT, "阅卷人数", "markers", COLLEGE),
        Fact("exam.year", YEAR, "考试年份", "year of the examination", COLLEGE),
    )


def _personal() -> tuple[Fact, ...]:
    """Facts that only those who decide on them see."""
    return (
        Fact("sanction.kind", choice(SANCTION), "处分类型", "kind of sanction", SCHOOL),
        Fact("sanction.on", DATE, "处分日期", "day of the sanction", SCHOOL),
        Fact(
            "sanction.lifted_on",
            DATE,
            "处分解除日期",
            "day the sanction was lifted",
            SCHOOL,
            absent="9999-12-31",
            absence_zh="尚未解除",
            absence_en="it is not lifted",
        ),
        Fact("health.fit", TRUTH, "体检合格", "fit by the health check", SCHOOL),
        Fact(
            "learner.merit",
            choice(MERIT),
            "服役立功等次",
            "citation for merit in military service",
            EXAM_AUTHORITY,
            absence_zh="没有立功，或未报送",
            absence_en="none, or nobody said so",
        ),
        Fact(
            "learner.model_worker",
            TRUTH,
            "县级及以上劳动模范（在职）",
            "model worker of a county or higher, in service",
            EXAM_AUTHORITY,
        ),
        Fact("learner.residence", NAME, "户籍所在省份", "province of the household registration", SCHOOL),
    )


def _round() -> tuple[Fact, ...]:
    return (
        Fact("language.kind", choice(LANGUAGE), "外语语种", "foreign language learnt", SCHOOL),
        Fact("intake.quota", COUNT, "招生计划数", "places of the intake", EXAM_AUTHORITY),
        Fact("intake.year", YEAR, "计划年份", "year of the intake", EXAM_AUTHORITY),
        Fact("intake.plans", COUNT, "当年计划次数", "intakes posted for the year", EXAM_AUTHORITY),
        Fact("intake.late", TRUTH, "逾期报送的计划", "an intake posted late", EXAM_AUTHORITY),
        Fact("cohort.size", COUNT, "班级人数（含本人）", "size of the cohort", BANK),
        Fact("cohort.class_size", COUNT, "班额", "class size", SCHOOL),
        Fact("cohort.entered_on", DATE, "本届入学日期", "day of entry of the cohort", SCHOOL),
        Fact(
            "cohort.exam_rules_on",
            DATE,
            "转段考试办法公布日期",
            "day the rules of the stage examination were published",
            COLLEGE,
            absence_zh="尚未公布",
            absence_en="not published yet",
        ),
        Fact("cohort.filed", TRUTH, "贯通班已备案", "the cohort is filed", EXAM_AUTHORITY),
        Fact("round.number", COUNT, "第几轮", "number of the round", COLLEGE),
        Fact("round.collects_until", DATE, "材料收集截止日", "last day on which the round collects", COLLEGE),
        Fact("round.exam_on", DATE, "本轮考试日期", "day of the examination of the round", COLLEGE),
    )


def _agreement() -> tuple[Fact, ...]:
    return (
        Fact("agreement.step", choice(AGREEMENT_STEP), "协议环节", "step of the agreement", BANK, always=True),
        Fact("agreement.on", DATE, "协议办理日期", "day of the step", BANK, always=True, moves="later"),
        Fact("agreement.school_kind", choice(INSTITUTION), "前段学校类型", "kind of the school", BANK),
        Fact("agreement.school_students", COUNT, "学校在校生数", "students of the school", SCHOOL),
        Fact(
            "agreement.school_clean_years",
            COUNT,
            "学校无违规年数",
            "years of the school without violations",
            EXAM_AUTHORITY,
        ),
        Fact("agreement.school_grade", choice(SCHOOL_GRADE), "学校等级", "grade of the school", EXAM_AUTHORITY),
        Fact("agreement.programme_age", YEARS, "专业开办年数", "years the programme has run", SCHOOL),
        Fact(
            "agreement.programme_yearly",
            COUNT,
            "专业近三年最低招生数",
            "fewest new students of the programme in the last three years",
            SCHOOL,
        ),
        Fact("agreement.graduated_cohorts", COUNT, "专业毕业届数", "cohorts that graduated", SCHOOL),
        Fact("agreement.shortage", TRUTH, "紧缺专业", "a programme in shortage", EXAM_AUTHORITY),
        Fact("agreement.last_years_at", choice(AT), "后段培养地点", "where the last years are", COLLEGE),
        Fact(
            "agreement.last_years_approved",
            TRUTH,
            "后段培养地点已获批准",
            "where the last years are is approved",
            EXAM_AUTHORITY,
            absence_zh="没有批准的说明",
            absence_en="nobody said that it is approved",
        ),
        Fact("agreement.sports_school", TRUTH, "体育类学校", "a sports school", EXAM_AUTHORITY),
        Fact(
            "agreement.programme_discipline",
            choice(DISCIPLINE),
            "前段专业门类",
            "discipline of the programme of the school",
            SCHOOL,
        ),
        Fact("agreement.signed", TRUTH, "各方已签署", "signed by all", BANK),
        Fact("agreement.school_pathways", COUNT, "学校同类通道数", "pathways of the kind of the school", BANK),
        Fact(
            "agreement.universities", COUNT, "学校对接院校数", "colleges and universities the school is joined to", BANK
        ),
        Fact(
            "agreement.programme_universities",
            COUNT,
            "专业对接院校数",
            "colleges and universities of the programme",
            BANK,
        ),
        Fact("agreement.enterprise", TRUTH, "有合作企业", "an enterprise takes part", COLLEGE),
    )
