"""The forms in which institutions keep their records: which columns, in whose wording and order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, TypeAlias

from creditbank.demo.city import Course, institution

Row = dict[str, Any]
Cell: TypeAlias = str | int | float | date | None
Value: TypeAlias = Callable[[Row], Cell]

NUMBER = "序号"
"""Header of a column that counts the rows."""
TEAM = "团队名称"


@dataclass(slots=True)
class Sheet:
    """A table as somebody keeps it: titles above, signatures below, equal cells of a team merged downwards."""

    name: str
    titles: tuple[str, ...]
    header: tuple[str, ...]
    rows: list[list[Cell]]
    below: tuple[str, ...] = ()
    teams: tuple[tuple[int, int], ...] = ()
    """First and last row of each team."""


def sheet(name: str, title: str, columns: Mapping[str, Value], rows: Iterable[Row], *, below: str = "") -> Sheet:
    """A sheet of rows in some form."""
    cells = [[number if header == NUMBER else value(row) for header, value in columns.items()]
             for number, row in enumerate(rows, start=1)]  # fmt: skip
    return Sheet(name, (title,) if title else (), tuple(columns), cells, (below,) if below else ())


# --- cells --------------------------------------------------------------------------------------------------------

_DOCUMENTS = {"resident_id": "居民身份证", "hk_macao_permit": "港澳居民来往内地通行证", "passport": "护照"}
_EVENTS = {
    "entered": "新生入学", "graduated": "毕业", "suspended": "保留学籍", "resumed": "复学", "withdrew": "退学",
}  # fmt: skip
_LEVELS = {
    "secondary_vocational": "中职", "technician": "技工", "higher_vocational": "专科", "undergraduate": "本科",
    "general_high_school": "普通高中",
}  # fmt: skip
_CERTIFICATE_LEVELS = {
    "elementary": "初级", "intermediate": "中级", "advanced": "高级",
    "grade_5": "五级/初级工", "grade_4": "四级/中级工",
}  # fmt: skip
_AWARD_LEVELS = {"municipal": "市级", "provincial": "省级", "national": "国家级"}
_RANKS = {"first": "一等奖", "second": "二等奖", "third": "三等奖"}
_ATTEMPTS = {"normal": "正考", "makeup": "补考", "retake": "重修", "deferred": "缓考"}
_OF_ZHENGFANG = _ATTEMPTS | {"normal": "正常考试"}
_OF_A_STUDY = _ATTEMPTS | {"normal": "初修"}
_NOT_THERE = ("缺考", "缓考")


def _name(row: Row) -> Cell:
    return str(row["learner"]["name"])


def _student_no(row: Row) -> Cell:
    return str(row["learner"]["student_no"])


def _document_kind(row: Row) -> Cell:
    return _DOCUMENTS[row["learner"]["document"]["kind"]]


def _document_number(row: Row) -> Cell:
    return str(row["learner"]["document"]["number"])


def _plain(field: str) -> Value:
    def value(row: Row) -> Cell:
        found: Cell = row.get(field)
        return found

    return value


def _word(field: str, words: Mapping[str, str]) -> Value:
    return lambda row: words[row[field]]


def _day(field: str, pattern: str) -> Value:
    """A day as text; `%-m` is not known everywhere, so {m} and {d} are without zeros."""
    return lambda row: f"{row[field]:{pattern}}".format(m=row[field].month, d=row[field].day)


def _always(cell: str) -> Value:
    return lambda row: cell


def _said(row: Row) -> Cell:
    """A score as a spreadsheet has it: a number, or a word."""
    score = str(row["score"])
    return int(score) if score.isdigit() else score


def _zero_if_away(row: Row) -> Cell:
    """Some systems write 0 for who was not there, and why among the remarks."""
    return 0 if row["score"] in _NOT_THERE else _said(row)


def _remark(row: Row) -> Cell:
    return row["score"] if row["score"] in _NOT_THERE else None


def _credits(row: Row) -> Cell:
    return float(row["credits"])


def _season(row: Row) -> Cell:
    """The autumn of the year in which the academic year begins, or the spring of the next."""
    begins = int(row["academic_year"][:4])
    return f"{begins}秋" if row["term"] == 1 else f"{begins + 1}春"


@cache
def _courses(key: str) -> Mapping[str, Course]:
    return {course.code: course for course in institution(key).courses()}


def _of_course(key: str, what: str) -> Value:
    return lambda row: _courses(key)[row["course_code"]].content().get(what)


def _standard_name(row: Row) -> Cell:
    for key in ("beichen", "yunfan"):
        for standard in institution(key).standards:
            if standard["code"] == row["standard"]:
                return str(standard["name"])
    raise LookupError(row["standard"])


def _programme_name(key: str) -> Value:
    named = {programme.code: programme.name for programme in institution(key).programmes}
    return lambda row: named[row["programme_code"]]


# --- course results -----------------------------------------------------------------------------------------------

RESULTS: Mapping[str, Mapping[str, Value]] = {
    "vocational": {
        NUMBER: _always(""),
        "学年": _plain("academic_year"),
        "学期": _plain("term"),
        "学号": _student_no,
        "姓名": _name,
        "课程代码": _plain("course_code"),
        "课程名称": _plain("course_name"),
        "课程性质": _of_course("vocational", "category"),
        "学分": _credits,
        "学时": _of_course("vocational", "hours"),
        "总评成绩": _zero_if_away,
        "考试性质": _word("attempt", _OF_ZHENGFANG),
        "考试时间": _day("occurred_on", "%Y%m%d"),
        "备注": _remark,
        "记录编号": _plain("key"),
    },
    "bihai": {
        "学年": _plain("academic_year"),
        "学期": lambda row: "上下"[row["term"] - 1],
        "课程号": _plain("course_code"),
        "课程": _plain("course_name"),
        "学号": _student_no,
        "姓名": _name,
        "总分": _said,
        "考试性质": _word("attempt", _ATTEMPTS),
        "考试日期": _day("occurred_on", "%Y/{m}/{d}"),
    },
    "yanshan": {
        "学籍号": _student_no,
        "学生姓名": _name,
        "学期": _season,
        "课程编号": _plain("course_code"),
        "科目": _plain("course_name"),
        "成绩": _said,
        "考试类别": _word("attempt", _ATTEMPTS),
    },
    "lianfeng": {
        "学生学号": _student_no,
        "学生姓名": _name,
        "开课学期": lambda row: f"{row['academic_year']}-{row['term']}",
        "课程编码": _plain("course_code"),
        "课程名称": _plain("course_name"),
        "成绩": _said,
        "考试类型": _word("attempt", _ATTEMPTS),
        "考试日期": _plain("occurred_on"),
    },
    "technician": {
        "学号": _student_no,
        "姓名": _name,
        "开课学期": lambda row: f"{row['academic_year']}-{row['term']}",
        "课程编码": _plain("course_code"),
        "课程名称": _plain("course_name"),
        "考核日期": _day("occurred_on", "%Y.{m}.{d}"),
        "总成绩": _said,
        "成绩性质": _word("attempt", _ATTEMPTS),
    },
    "university": {
        "课程号": _plain("course_code"),
        "课程名": _plain("course_name"),
        "课程学分": _credits,
        "姓名": _name,
        "学号": _student_no,
        "修读学年学期": lambda row: f"{row['academic_year']}-{row['term']}",
        "修读性质": _word("attempt", _OF_A_STUDY),
        "总成绩": _zero_if_away,
        "成绩备注": _remark,
        "考试日期": _plain("occurred_on"),
    },
}
CORRECTED: Mapping[str, Value] = {**RESULTS["vocational"], "更正原因": _plain("reason")}

# --- rosters ------------------------------------------------------------------------------------------------------


def roster(key: str) -> tuple[Mapping[str, Value], Mapping[str, Value]]:
    """The columns of who entered, and those of what became of them."""
    who: dict[str, Value] = {
        "学号": _student_no, "姓名": _name, "证件类型": _document_kind, "证件号码": _document_number,
    }  # fmt: skip
    what: dict[str, Value] = {
        "培养层次": _word("level", _LEVELS),
        "专业代码": _plain("programme_code"),
        "当前年级": _plain("year_of_entry"),
    }
    if institution(key).kind in ("secondary_vocational", "technician_college", "general_high_school"):
        who = {"学籍号" if header == "学号" else header: value for header, value in who.items()}
        what = {
            "层次": what["培养层次"],
            "专业名称": _programme_name(key),
            "年级": lambda row: f"{row['year_of_entry']}级",
        }
    entered = {NUMBER: _always(""), **who, **what, "入学日期": _plain("occurred_on")}
    event = {"异动类型": _word("event", _EVENTS), "异动日期": _day("occurred_on", "%Y年{m}月{d}日")}
    return entered, {NUMBER: _always(""), **who, **event, **what}


# --- everything else ----------------------------------------------------------------------------------------------

CERTIFICATES: Mapping[str, Value] = {
    NUMBER: _always(""),
    "姓名": _name,
    "证件类型": _document_kind,
    "证件号码": _document_number,
    "证书名称": _standard_name,
    "等级": _word("level", _CERTIFICATE_LEVELS),
    "证书编号": _plain("number"),
    "发证日期": _plain("occurred_on"),
    "有效期至": _always("长期有效"),
}
TRAININGS: Mapping[str, Value] = {
    "学员姓名": _name,
    "证件类型": _document_kind,
    "证件号码": _document_number,
    "培训项目": _plain("title"),
    "开始日期": _day("started_on", "%Y-%m-%d"),
    "结束日期": _day("occurred_on", "%Y-%m-%d"),
    "学时": _plain("hours"),
    "是否合格": _always("合格"),
}
AT_WORK: Mapping[str, Value] = {
    NUMBER: _always(""),
    "姓名": _name,
    "身份证号": _document_number,
    "实习类型": _always("生产实践"),
    "岗位": _plain("title"),
    "实习单位": _plain("host"),
    "开始日期": _plain("started_on"),
    "结束日期": _plain("occurred_on"),
    "周数": _plain("weeks"),
    "实习鉴定": _always("合格"),
}
_STUDENT: Mapping[str, Value] = {"学号": _student_no, "姓名": _name}
AWARDS: Mapping[str, Value] = {
    "赛项名称": _plain("event"),
    "级别": _word("level", _AWARD_LEVELS),
    "奖项": _word("rank", _RANKS),
    "获奖日期": _plain("occurred_on"),
    TEAM: _plain("team"),
    "姓名": _name,
    "学号": _student_no,
    "主办单位": _plain("organiser"),
}
BESIDES: Mapping[str, tuple[str, Mapping[str, Value]]] = {
    "practice": (
        "社会实践",
        {
            **_STUDENT,
            "实践类型": _always("社会实践"),
            "实践项目": _plain("title"),
            "实践单位": _plain("host"),
            "起止日期": lambda row: f"{row['started_on']:%Y.%m.%d}-{row['occurred_on']:%Y.%m.%d}",
            "实践周数": _plain("weeks"),
            "考核结果": _always("合格"),
        },
    ),
    "assessment": (
        "学业水平考试",
        {
            **_STUDENT,
            "考试名称": _plain("name"),
            "考试科目": _plain("subject"),
            "考试日期": _plain("occurred_on"),
            "成绩": _said,
        },
    ),
    "online_course": (
        "在线课程",
        {
            **_STUDENT,
            "学习平台": _plain("platform"),
            "在线课程名称": _plain("title"),
            "完成日期": _plain("occurred_on"),
            "学时": _plain("hours"),
            "学时核实": lambda row: "是" if row["hours_verified"] else "否",
        },
    ),
    "military_service": (
        "退役复学",
        {
            **_STUDENT,
            "入伍日期": _plain("enlisted_on"),
            "退役日期": _plain("occurred_on"),
            "荣誉": _plain("honour"),
        },
    ),
}
"""By kind of record: the name of its sheet, and its columns."""


def awards(name: str, title: str, rows: list[Row]) -> Sheet:
    """A list of prizes in which what a team has in common stands once."""
    named, teams = [], []
    for at, row in enumerate(rows):
        if row["team_size"] > 1 and row["member_no"] == 1:
            teams.append((at, at + row["team_size"] - 1))
        named.append(row | {"team": f"参赛{len(teams)}队"} if row["team_size"] > 1 else row)
    made = sheet(name, title, AWARDS, named)
    made.teams = tuple(teams)
    return made
