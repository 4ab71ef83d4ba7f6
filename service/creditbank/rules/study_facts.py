"""Facts of a course, a plan, an enrolment, a claim and what was converted or earned before."""

from __future__ import annotations

from creditbank.rules.declaring import BANK, DEPARTMENT, LEARNER, REGISTRAR, Fact
from creditbank.rules.lists import (
    COURSE_SOURCE,
    DISCIPLINE,
    EXEMPTION,
    FORM,
    GROUND,
    LEVEL,
    PURPOSE,
    RESULT,
    STATUS,
    SUBJECT,
    WANTS,
)
from creditbank.rules.units import DATE, NAME, TRUTH, choice, number

COUNT = number("count", whole=True)
CREDITS = number("credits")
PERCENT = number("percent")


def study_facts() -> tuple[Fact, ...]:
    """Each with who can supply it."""
    return (
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
        Fact("course.hours", number("hours"), "课程学时", "hours of the course", REGISTRAR),
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
        Fact("course.code", NAME, "课程代码", "course code", REGISTRAR),
        Fact("course.compulsory", TRUTH, "必修", "compulsory", REGISTRAR),
        Fact("course.subject", choice(SUBJECT), "课程门类", "subject of the course", REGISTRAR),
        Fact(
            "course.result",
            choice(RESULT),
            "本门课程的修读结果",
            "how the learner stands in the course",
            REGISTRAR,
            absence_zh="尚未修读",
            absence_en="not taken yet",
        ),
        Fact("course.registered", TRUTH, "已选课注册", "registered for the course", REGISTRAR),
        Fact("enrolment.entered_on", DATE, "入学日期", "day of entry", REGISTRAR),
        Fact("enrolment.status", choice(STATUS), "学籍状态", "status of the enrolment", REGISTRAR),
        Fact("plan.level", choice(LEVEL), "方案层次", "level of the plan", REGISTRAR, always=True),
        Fact("plan.institution", NAME, "方案所属院校", "institution of the plan", BANK),
        Fact("plan.total_credits", CREDITS, "毕业总学分", "total credits of the plan", REGISTRAR, step="0.5"),
        Fact("plan.education_rank", COUNT, "方案的教育层次", "level of education of the plan", BANK),
        Fact("programme.code", NAME, "专业代码", "programme code", REGISTRAR),
        Fact("programme.years", number("years"), "学制（年）", "length of study in years", REGISTRAR),
        Fact("programme.discipline", choice(DISCIPLINE), "专业门类", "discipline of the programme", REGISTRAR),
        Fact("claim.on", DATE, "申请日期", "day of the claim", BANK, always=True, moves="later"),
        Fact(
            "claim.week_of_term",
            COUNT,
            "学期第几周",
            "week of term",
            REGISTRAR,
            absence_zh="不在学期内，或校历未登记",
            absence_en="not in term, or the calendar is not on file",
        ),
        Fact("claim.academic_year", NAME, "申请学年", "academic year of the claim", BANK),
        Fact("claim.term", NAME, "申请学期", "term of the claim", BANK),
        Fact("claim.wants", choice(WANTS), "申请事项", "what is claimed", LEARNER, moves="any"),
        Fact("claim.sources", COUNT, "本行所用成果数", "records used by the line", BANK, always=True),
        Fact("match.listed", TRUTH, "列入本校认定清单", "listed by the college as counting for the course", DEPARTMENT),
        Fact(
            "match.relevance",
            PERCENT,
            "内容相关度",
            "relevance of the content",
            DEPARTMENT,
            absence_zh="尚无人评定",
            absence_en="nobody has judged it",
        ),
        Fact("match.same_name", TRUTH, "名称相同", "of the same name", BANK),
        Fact(
            "match.not_lower",
            TRUTH,
            "内容与要求不低于目标课程",
            "content and demands not below the course",
            DEPARTMENT,
            absence_zh="尚无人评定",
            absence_en="nobody has judged it",
        ),
        Fact("conversion.credits", CREDITS, "转换学分", "credits converted", BANK, step="0.5", moves="down"),
        Fact("conversion.on", DATE, "转换日期", "day of the conversion", BANK),
        Fact("conversion.same_plan", TRUTH, "同一方案内", "in the same plan", BANK),
        Fact("conversion.academic_year", NAME, "转换学年", "academic year of the conversion", BANK),
        Fact("conversion.term", NAME, "转换学期", "term of the conversion", BANK),
        Fact("conversion.exemption", choice(EXEMPTION), "免修类别", "kind of exemption", BANK),
        Fact("interruption.days", COUNT, "中断天数", "days of the interruption", REGISTRAR),
        Fact("interruption.from", DATE, "中断开始日期", "first day of the interruption", REGISTRAR),
        Fact("interruption.ground", choice(GROUND), "中断原因", "ground of the interruption", REGISTRAR),
        Fact("purpose.kind", choice(PURPOSE), "计算目的", "what it is counted for", BANK, always=True),
        Fact("earned.credits", CREDITS, "已得学分", "credits earned", BANK, step="0.5"),
        Fact(
            "earned.grade",
            PERCENT,
            "成绩",
            "grade",
            BANK,
            absence_zh="没有百分制成绩",
            absence_en="no grade in percent",
        ),
        Fact(
            "earned.in_average",
            TRUTH,
            "计入绩点",
            "counted in the average",
            REGISTRAR,
            absent=True,
            absence_zh="计入",
            absence_en="it counts",
        ),
        Fact("earned.converted", TRUTH, "由转换取得", "earned by conversion", BANK),
    )
