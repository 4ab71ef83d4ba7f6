"""The words that files use for what the bank keeps as one of a few values; the bank's own are always among them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping


def fold(text: str) -> str:
    """The form by which words of a file are compared: half-width, in one case, without spaces and invisible signs."""
    wide = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in wide if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc"))


def _folded(words: str) -> frozenset[str]:
    return frozenset(map(fold, words.split()))


def _table(**words: str) -> dict[str, str]:
    """From a value and the words for it, divided by spaces, to one look-up; the first word is how it is shown."""
    return {fold(word): value for value, said in words.items() for word in (value, *said.split())}


def _shown(**words: str) -> tuple[str, str]:
    return "、".join(said.split()[0] for said in words.values()), ", ".join(words)


_DOCUMENT_KINDS = {
    "resident_id": (
        "居民身份证 身份证 二代身份证 第二代居民身份证 中华人民共和国居民身份证 大陆居民身份证 1 01 residentid"
    ),
    "hk_macao_permit": "港澳居民来往内地通行证 港澳通行证 回乡证 港澳居民通行证",
    "taiwan_permit": "台湾居民来往大陆通行证 台胞证 台湾通行证",
    "hmt_residence": "港澳台居民居住证 港澳居民居住证 台湾居民居住证 港澳台居住证",
    "foreign_permanent_residence": "外国人永久居留身份证 外国人永久居留证 永久居留证",
    "passport": "护照 外国护照 中国护照",
}
_ATTEMPTS = {
    "normal": (
        "正考 正常 初修 正常考试 正常考核 首修 初考 首次 首考 期末考试 期末 正常修读 初次 第一次 免修 免考 免听 "
        "regular first"
    ),
    "makeup": "补考 补考考试 正常补考 学期补考 开学补考 清考 毕业补考 毕业清考 毕业前补考 make-up resit",
    "retake": "重修 重考 再修 重学 重修考试 重新学习 重读 重修正考 repeat",
    "deferred": "缓考 缓补考 缓考考试 缓期考试 delayed",
}
_CERTIFICATE_LEVELS = {
    "elementary": "初级 初等 初级证书 junior",
    "intermediate": "中级 中等 中级证书 middle",
    "advanced": "高级 高等 高级证书 senior",
    "grade_5": "五级 初级工 5级 ⅴ级 v级 5",
    "grade_4": "四级 中级工 4级 ⅳ级 iv级 4",
    "grade_3": "三级 高级工 3级 ⅲ级 iii级 3",
    "grade_2": "二级 技师 2级 ⅱ级 ii级 2",
    "grade_1": "一级 高级技师 1级 ⅰ级 i级 1",
    "unlevelled": "不分级 不分等级 无等级 无级别 无 未分级",
}
_AWARD_LEVELS = {
    "international": "国际级 国际 世界级 世界",
    "national": "国家级 全国 全国级 国赛 国级 部级 国家",
    "provincial": "省级 省赛 省部级 省 自治区级 直辖市级 全省 河北省",
    "municipal": "市级 市赛 地市级 地级市 市厅级 市 全市 秦皇岛市",
    "institution": "校级 院级 校赛 院校级 学校 学院级 校 本校",
}
_PRACTICE_FORMS = {
    "practice": "实践 社会实践 劳动实践 实训 生产实践 志愿服务",
    "internship": "实习 岗位实习 顶岗实习 跟岗实习 认识实习 毕业实习 企业实习",
}
_ACHIEVEMENTS = {
    "patent": "专利 发明专利 实用新型专利 实用新型 外观设计专利 外观设计",
    "paper": "论文 学术论文 期刊论文",
    "technical_innovation": "技术革新 技术创新 工艺革新 技改 技术改造",
    "other": "其他 其它",
}
_EVENTS = {
    "entered": "入学 新生 新生入学 注册 新生注册 录取 报到",
    "suspended": "休学 保留学籍",
    "resumed": "复学 恢复学籍",
    "transferred": "转专业 转学 转入 转系",
    "graduated": "毕业",
    "completed": "结业",
    "withdrew": "退学 自动退学 取消学籍 开除学籍 注销学籍",
}
_EDUCATION_LEVELS = {
    "secondary_vocational": "中职 中专 中等职业教育 普通中专 职业高中 职高 中等专科 成人中专",
    "technician": "技工 技工教育 技师 技工学校 技师学院 高级技工 预备技师",
    "higher_vocational": "高职 专科 高职专科 专科(高职) 高职(专科) 大专 高职高专 普通专科 高等职业教育",
    "vocational_bachelor": "职业本科 职教本科 高职本科 本科层次职业教育 职业教育本科",
    "undergraduate": "本科 普通本科 应用型本科 大学本科",
    "general_high_school": "普通高中 高中 普高",
}
_RANKS = {
    "first": "一等奖 一等 金奖 金牌 1等奖",
    "second": "二等奖 二等 银奖 银牌 2等奖",
    "third": "三等奖 三等 铜奖 铜牌 3等奖",
    "excellence": "优秀奖 优胜奖 鼓励奖 优秀 优胜",
}

CHOICES: Mapping[str, Mapping[str, str]] = {
    "document_kind": _table(**_DOCUMENT_KINDS),
    "attempt": _table(**_ATTEMPTS),
    "certificate_level": _table(**_CERTIFICATE_LEVELS),
    "award_level": _table(**_AWARD_LEVELS),
    "practice_form": _table(**_PRACTICE_FORMS),
    "achievement": _table(**_ACHIEVEMENTS),
    "enrolment_event": _table(**_EVENTS),
    "education_level": _table(**_EDUCATION_LEVELS),
    "rank": _table(**_RANKS),
}
"""By what is read: folded word → value."""

CHOICES_SHOWN: Mapping[str, tuple[str, str]] = {
    "document_kind": _shown(**_DOCUMENT_KINDS),
    "attempt": _shown(**_ATTEMPTS),
    "certificate_level": _shown(**_CERTIFICATE_LEVELS),
    "award_level": _shown(**_AWARD_LEVELS),
    "practice_form": _shown(**_PRACTICE_FORMS),
    "achievement": _shown(**_ACHIEVEMENTS),
    "enrolment_event": _shown(**_EVENTS),
    "education_level": _shown(**_EDUCATION_LEVELS),
    "rank": _shown(**_RANKS),
}
"""The values as a sentence lists them, in Chinese and in English."""

YES = _folded("是 合格 通过 及格 优秀 良好 已通过 结业 √ ✓ ✔ ☑ y yes true pass passed 1 已核实 有 达标")
NO = _folded("否 不合格 未通过 不通过 不及格 未结业 × ✗ ✘ x n no false fail failed 0 未核实 没有 不达标")

TERMS: Mapping[str, int] = {
    fold(word): term
    for term, words in {
        1: "1 一 第一学期 第1学期 1学期 一学期 上 上学期 秋 秋季 秋季学期 秋学期 autumn fall first",
        2: "2 二 第二学期 第2学期 2学期 二学期 下 下学期 春 春季 春季学期 春学期 spring second",
        3: "3 三 第三学期 第3学期 3学期 三学期 夏 夏季 夏季学期 夏学期 短学期 小学期 暑期 暑期学期 summer third",
        4: "4 四 第四学期 第4学期 4学期 四学期",
    }.items()
    for word in words.split()
}

NEVER_ENDS = _folded("长期 长期有效 永久 永久有效 终身 终身有效 无 无限期 不限 无期限 permanent none never")

SIGNATURES = (
    "制表", "制单", "填表", "填报", "审核", "复核", "审批", "审定", "经办", "负责人", "任课教师", "任课老师",
        "教师签", "签字", "签名",
    "签章", "盖章", "公章", "教务处", "教务科", "教研室主任", "系主任", "主管领导", "联系人", "联系电话",
        "打印日期", "打印时间", "打印人",
    "导出时间", "制表日期", "填表日期", "录入人", "校对", "登分人", "阅卷", "以下空白", "此处以下空白",
)  # fmt: skip
TOTALS = (
    "合计", "总计", "小计", "共计", "平均", "总人数", "人数", "最高分", "最低分", "及格率", "优秀率", "合格率",
        "分数段", "应考", "实考",
    "缺考人数", "total", "average", "sum",
)  # fmt: skip
NOTES = ("注:", "注1", "注2", "备注:", "说明:", "说明", "填表说明", "附:", "附注", "note", "第1页", "*注", "※")
"""Words with which the lines below the rows of a table begin, folded."""

NOT_USED = _folded(
    "序号 No. 编号 行号 性别 民族 出生日期 出生年月 政治面貌 籍贯 院系 学院 系部 系别 系 二级学院 所在学院 班级 "
    "班级名称 行政班 行政班级 教学班 教学班名称 专业 专业名称 专业代码 年级 学制 学习形式 课程性质 课程类别 "
    "课程属性 课程类型 课程归属 学时 总学时 绩点 学分绩点 平均学分绩点 任课教师 教师 教师姓名 开课单位 开课学院 "
    "考核方式 考试方式 考试形式 平时成绩 平时 期中成绩 期中 期末成绩 期末 实验成绩 实践成绩 卷面成绩 平时分 "
    "折算成绩 备注 说明 联系电话 电话 手机 手机号 手机号码 邮箱 学校 学校名称 所在学校 单位 指导教师 指导老师 "
    "发证机构 颁证机构 评价组织 学籍状态 报送结果 课程序号 选课课号 取得方式 类别 是否学位课 开课部门 学生状态 "
    "在校状态 是否主修 主修 辅修标记 录入人 审核状态 照片 生源地 家庭住址 考生号 准考证号 校区 培养方式 "
    "学校代码 gender class college teacher gpa remark"
)
"""Headers that are well known and that no row has a field for; a kind that has one takes precedence."""

OTHER_ATTEMPTS = _folded("补考成绩 补考 重修成绩 重修 缓考成绩 补考总评 重修总评 清考成绩 补考成绩1 补考成绩2")
"""Scores of a second attempt beside the first one: a row is one attempt, so a person is asked."""
