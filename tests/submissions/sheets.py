"""Sheets as institutions have them, written as lists, and what the bank reads in them. Everybody is invented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from creditbank.records.schemas import ROW
from creditbank.submissions.cells import Cell, Line, Unusable, row_no_of
from creditbank.submissions.sheets.assembling import Assembled, Assembler, SetAside, Unreadable
from creditbank.submissions.sheets.mapping import Mapping, Reference, SheetSample, lay_out
from creditbank.submissions.sheets.proposing import Proposal, propose
from creditbank.submissions.sheets.wordings import fold

Rows = Sequence[Sequence[Cell]]

TODAY = date(2024, 9, 1)
REFERENCE = Reference(
    today=TODAY,
    terms={
        ("2023-2024", 1): (date(2023, 9, 4), date(2024, 1, 19)),
        ("2023-2024", 2): (date(2024, 2, 26), date(2024, 7, 5)),
        ("2024-2025", 1): (date(2024, 9, 2), date(2025, 1, 17)),
    },
    standards={
        fold("Web前端开发"): "1x-web-frontend",
        "1x-web-frontend": "1x-web-frontend",
        fold("电工"): "electrician",
    },
    programmes={fold("机电一体化技术"): "460301", "460301": "460301"},
    courses={fold("高等数学"): "B0101", fold("大学英语（一）"): "B0102"},
)


def resident(serial: int) -> str:
    """A possible identity number of region 139900, which is assigned to nobody."""
    body = f"13990019900101{serial:03d}"
    total = sum((1 << (17 - at)) * int(c) for at, c in enumerate(body))
    return body + "10X98765432"[total % 11]


def lines_of(rows: Rows, *, sheet_no: int = 1) -> list[Line]:
    """The lines of a sheet; blank ones are there, as a reader gives them."""
    return [Line(row_no_of(sheet_no, at), tuple(row)) for at, row in enumerate(rows, start=1)]


def sample_of(rows: Rows, *, sheet_no: int = 1, name: str | None = None) -> SheetSample:
    """The sample of a sheet: its first 60 and its last 20 lines."""
    lines = lines_of(rows, sheet_no=sheet_no)
    unusable: dict[int, int] = {}
    for line in lines:
        for at, cell in enumerate(line.cells):
            if isinstance(cell, Unusable):
                unusable[at] = unusable.get(at, 0) + 1
    shown = lines if len(lines) <= 80 else [*lines[:60], *lines[-20:]]
    return SheetSample(sheet_no, name, shown, unusable)


@dataclass
class Taken:
    """What became of a file: what was proposed, and each line by its row."""

    proposal: Proposal
    lines: dict[tuple[int, int], Assembled | SetAside | Unreadable]
    assembler: Assembler | None

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [one.payload for one in self.lines.values() if isinstance(one, Assembled)]

    @property
    def unreadable(self) -> dict[int, Unreadable]:
        return {row: one for (_, row), one in self.lines.items() if isinstance(one, Unreadable)}

    @property
    def aside(self) -> dict[int, str]:
        return {row: one.code for (_, row), one in self.lines.items() if isinstance(one, SetAside)}

    def asked(self) -> set[str]:
        return {question.code for question in self.proposal.questions}

    def fields(self, sheet: int = 0) -> dict[str, str]:
        mapping = self.proposal.sheets[sheet].mapping
        return {} if mapping is None else dict(mapping.columns)


def take(
    *sheets: Rows,
    names: Sequence[str | None] = (),
    kind: str | None = None,
    act: Any = "report",
    saved: Sequence[Mapping] = (),
    mapping: Mapping | None = None,
    reference: Reference = REFERENCE,
    reason: str | None = None,
) -> Taken:
    """Propose for a file and read it by what was proposed, or by `mapping`."""
    named = [*names, *[None] * (len(sheets) - len(names))]
    samples = [sample_of(rows, sheet_no=at, name=named[at - 1]) for at, rows in enumerate(sheets, start=1)]
    proposal = propose(samples, kind=kind, act=act, saved=saved, reference=reference)
    chosen = mapping or proposal.mapping
    if chosen is None:
        return Taken(proposal, {}, None)
    layouts = lay_out(chosen, samples)
    assembler = Assembler(chosen, layouts, reference=reference, reason=reason)
    lines = [line for at, rows in enumerate(sheets, start=1) for line in lines_of(rows, sheet_no=at)]
    if assembler.needs_arranging:
        assembler.arrange(lines)
    said = {(at, row): assembler.row(Line(row_no_of(at, row), tuple(cells)))
            for at, rows in enumerate(sheets, start=1) for row, cells in enumerate(rows, start=1)}  # fmt: skip
    return Taken(proposal, said, assembler)


def well_formed(row: dict[str, Any]) -> bool:
    """Whether `POST /v1/records` would take the row as it stands."""
    ROW.validate_python(row)
    return True


ZHENGFANG: Rows = [
    ["秦皇岛示例职业技术学院学生成绩单", None, None, None, None, None, None, None, None, None, None, None],
    ["学年学期：2023-2024-1", None, None, None, "打印日期：2024-03-01", None, None, None, None, None, None, None],
    ["序号", "学号", "姓名", "课程代码", "课程名称", "课程性质", "学分", "学年", "学期", "总成绩", "考试性质", "备注"],
    [1.0, "2023010101", "演示一", "B0101", "高等数学", "必修", 4.0, "2023-2024", "1", 86.0, "正常考试", None],
    [2.0, "2023010102", "演示二", "B0101", "高等数学", "必修", 4.0, "2023-2024", "1", 89.5, "正常考试", None],
    [3.0, "2023010103", "买买提·演示", "B0101", "高等数学", "必修", 4.0, "2023-2024", "1", None, "正常考试", "缺考"],
    [None] * 12,
    ["序号", "学号", "姓名", "课程代码", "课程名称", "课程性质", "学分", "学年", "学期", "总成绩", "考试性质", "备注"],
    [4.0, "2023010104", "演示四", "B0102", "大学英语（一）", "必修", 3.5, "2023-2024", "1", "良", "补考", None],
    ["合计", None, None, None, None, None, 15.5, None, None, None, None, None],
    ["制表人：演示某", None, None, "审核：", None, None, None, "教务处（盖章）", None, None, None, None],
    ["注：缺考者不得参加补考。", None, None, None, None, None, None, None, None, None, None, None],
]

QIANGZHI: Rows = [
    [
        "学年学期",
        "学号",
        "姓名",
        "证件号码",
        "课程编号",
        "课程名称",
        "最终成绩",
        "修读性质",
        "考试性质",
        "学分",
        "考试日期",
    ],
    [
        "2023-2024-2",
        "2023010101",
        "演示一",
        resident(1),
        "B0103",
        "电路基础",
        "合格",
        "初修",
        "正考",
        "2",
        "2024-06-28",
    ],
    ["2023-2024-2", "2023010102", "演示二", resident(2), "B0103", "电路基础", "72", "重修", "正考", "2", "2024/6/28"],
    [
        "2023-2024-2",
        "2023010103",
        "演示三",
        resident(3),
        "B0103",
        "电路基础",
        "60",
        "重修",
        "补考",
        "2",
        "2024年6月28日",
    ],
    [
        "2023-2024-2",
        "2023010104",
        "演示四",
        resident(4).lower(),
        "B0103",
        "电路基础",
        "缓考",
        "初修",
        "缓考",
        "2",
        "20240628",
    ],
]

TWO_LEVELS: Rows = [
    ["课程成绩登记表", None, None, None, None, None],
    ["课程名称：高等数学（B0101）  学分：4", None, None, "2023-2024学年第一学期", None, None],
    ["学号", "姓名", "成绩", None, None, "备注"],
    [None, None, "平时", "期末", "总评", None],
    ["2023010101", "演示一", 90, 80, 84, None],
    ["2023010102", "演示二", 70, 50, 58, None],
    ["任课教师", "演示师", None, None, None, None],
]

CERTIFICATES: Rows = [
    ["姓名", "身份证号", "证书名称", "等级", "证书编号", "发证日期", "有效期至"],
    ["演示一", resident(1), "Web前端开发职业技能等级证书", "中级", "D1399000001", date(2024, 5, 6), "长期有效"],
    ["演示二", resident(2), "电工", "三级/高级工", "D1399000002", 45418, "2027年5月5日"],
    ["演示三", resident(3), "Web前端开发（初级）", "初级", "Ｄ1399000003", "2024.5.6", None],
]

TRAININGS: Rows = [
    ["2024年企业职工培训登记表"],
    ["序号", "姓名", "身份证号码", "培训项目", "培训时间", "学时", "是否合格"],
    [1, "演示一", resident(1), "叉车安全操作", "2024.3.1-2024.3.5", "32学时", "合格"],
    [2, "演示二", resident(2), "叉车安全操作", "2024年3月1日至2024年3月5日", 32, "不合格"],
    [3, "演示三", resident(3), "叉车安全操作", "2024-03-01~2024-03-05", "32", "√"],
]

AWARDS: Rows = [
    ["学号", "姓名", "竞赛名称", "级别", "奖项", "获奖日期", "团队名称"],
    ["2023010101", "演示一", "职业院校技能大赛工业网络", "省级", "一等奖", "2024-04-20", "海港队"],
    ["2023010102", "演示二", "职业院校技能大赛工业网络", "省赛", "一等奖", "2024-04-20", "海港队"],
    ["2023010103", "演示三", "职业院校技能大赛工业网络", "省级", "第3名", "2024-04-20", "山海队"],
    ["2023010104", "演示四", "数学建模竞赛", "国家级", "优秀奖", "2024-05-01", None],
]

ROSTER: Rows = [
    ["2023级新生名册", None, None, None, None, None, None],
    ["学号", "姓名", "性别", "身份证件号", "专业名称", "年级", "入学日期", "层次"],
    ["2023010101", "演示一", "女", resident(1), "机电一体化技术", "2023级", "2023-09-04", "高职（专科）"],
    ["2023010102", "演示二", "男", resident(2), "机电一体化技术", "2023", "2023.9.4", "专科"],
]

INTERNSHIPS: Rows = [
    ["学号", "姓名", "实习类型", "实习岗位", "实习单位", "实习开始日期", "实习结束日期", "周数", "实习鉴定"],
    ["2023010101", "演示一", "岗位实习", "电气装配", "演示机械厂", "2024-03-01", "2024-06-20", "16周", "合格"],
]

SERVICE: Rows = [
    ["姓名", "身份证号", "入伍时间", "退役时间", "立功受奖"],
    ["演示一", resident(1), "2020年9月16日", "2022年9月1日", "无"],
    ["演示二", resident(2), "2020-09-16", "2022-09-01", "优秀士兵"],
]

ACHIEVEMENTS: Rows = [
    ["姓名", "证件号码", "成果类别", "成果名称", "授权日期"],
    ["演示一", resident(1), "实用新型专利", "一种演示夹具", "2024-02-02"],
]

ONLINE: Rows = [
    ["姓名", "学号", "学习平台", "课程名称", "完成日期", "学时", "是否通过"],
    ["演示一", "2023010101", "演示在线", "职业礼仪", "2024-02-02", 24, "是"],
]

ASSESSMENTS: Rows = [
    ["姓名", "学号", "考试名称", "科目", "考试日期", "成绩"],
    ["演示一", "2023010101", "普通话水平测试", "普通话", "2024-02-02", "二级甲等"],
]

ENGLISH: Rows = [
    ["Student ID", "Name", "Course Code", "Course Name", "Academic Year", "Term", "Score", "Exam Date"],
    ["2023010101", "Ann Example", "B0101", "Mathematics", "2023-2024", "Autumn", 77, "2024-01-12"],
]

KINDS_OF_SHEETS: dict[str, tuple[str, Rows, int]] = {
    "zhengfang": ("course_result", ZHENGFANG, 4),
    "qiangzhi": ("course_result", QIANGZHI, 4),
    "two levels": ("course_result", TWO_LEVELS, 2),
    "certificates": ("certificate", CERTIFICATES, 3),
    "trainings": ("training", TRAININGS, 3),
    "awards": ("award", AWARDS, 4),
    "roster": ("enrolment_event", ROSTER, 2),
    "internships": ("practice", INTERNSHIPS, 1),
    "service": ("military_service", SERVICE, 2),
    "achievements": ("work_achievement", ACHIEVEMENTS, 1),
    "online": ("online_course", ONLINE, 1),
    "assessments": ("assessment", ASSESSMENTS, 1),
    "english": ("course_result", ENGLISH, 1),
}
