"""Closed lists: the words that facts and figures may have, each with its Chinese and English name, some in an order."""

from __future__ import annotations

from creditbank.rules.units import Choices

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

SUBJECT = Choices(
    "course_subject",
    (
        ("politics", "思想政治", "politics"),
        ("physical_education", "体育", "physical education"),
        ("foreign_language", "外语", "foreign language"),
        ("chinese", "语文", "Chinese"),
        ("mathematics", "数学", "mathematics"),
        ("computing", "计算机", "computing"),
        ("military", "军事", "military"),
        ("labour", "劳动", "labour"),
        ("other", "其他", "other"),
    ),
)
DISCIPLINE = Choices(
    "discipline",
    (
        ("engineering", "理工", "science and engineering"),
        ("teacher_training", "师范", "teacher training"),
        ("arts_management", "文史管理", "arts and management"),
        ("foreign_languages", "外语类", "foreign languages"),
        ("medicine", "医药卫生", "medicine and health"),
        ("agriculture", "农林", "agriculture and forestry"),
        ("arts_sports", "艺术体育", "arts and sports"),
        ("other", "其他", "other"),
    ),
)
ASSESSED_BY = Choices(
    "course_assessed_by",
    (
        ("examination", "考试", "examination"),
        ("coursework", "考查", "coursework"),
    ),
)
FAILED_BY = Choices(
    "course_failed_by",
    (
        ("grade", "成绩不合格", "a failing grade"),
        ("discipline", "违纪或作弊", "breach of discipline or cheating"),
        ("disqualified", "取消考试资格", "disqualified from the examination"),
        ("not_registered", "未办理选课注册", "not registered for the course"),
        ("absent", "旷课或旷考", "absent without leave"),
    ),
)
ORIGIN = Choices(
    "record_origin",
    (
        ("own", "本校", "the college itself"),
        ("partner", "合作院校", "a partner college"),
        ("self_study", "高等教育自学考试", "the self-study examinations"),
        ("other_college", "其他院校", "another college"),
        ("online_platform", "在线平台", "an online platform"),
        ("other", "其他来源", "another source"),
    ),
)
ORGANISER = Choices(
    "organiser",
    (
        ("government", "政府部门", "a government department"),
        ("association", "学会协会", "a society or association"),
        ("industry", "行业", "an industry body"),
        ("enterprise", "企业", "an enterprise"),
        ("institution", "学校", "a school"),
        ("other", "其他", "other"),
    ),
)
CERTIFICATE_BODY = Choices(
    "certificate_body_level",
    (
        ("national", "国家级", "national"),
        ("industry", "行业", "industry"),
        ("enterprise", "企业", "enterprise"),
        ("other", "其他", "other"),
    ),
)
WANTS = Choices(
    "claim_wants",
    (
        ("credits", "转换学分", "credits"),
        ("exemption", "免修免考", "exemption"),
        ("attendance", "免听（免修不免考）", "attendance-only exemption"),
    ),
)
EXEMPTION = Choices(
    "exemption",
    (
        ("none", "无", "none"),
        ("full", "免修免考", "exemption"),
        ("attendance", "免听（免修不免考）", "attendance-only exemption"),
    ),
)
GRADE_TEXT = Choices(
    "grade_text",
    (
        ("exempt", "免考", "exempt"),
        ("passed", "合格", "passed"),
        ("good", "良好", "good"),
        ("excellent", "优秀", "excellent"),
        ("recognised", "认定", "recognised"),
    ),
)
SURPLUS = Choices(
    "surplus_to",
    (
        ("lost", "不累计", "lost"),
        ("electives", "计入选修", "counted as electives"),
    ),
)
PURPOSE = Choices(
    "purpose",
    (
        ("graduation", "毕业", "graduation"),
        ("early_internship", "提前实习", "early internship"),
        ("degree", "学位", "degree"),
        ("average", "平均学分绩点", "grade point average"),
    ),
)
GROUND = Choices(
    "interruption_ground",
    (
        ("military", "入伍", "military service"),
        ("illness", "因病", "illness"),
        ("enterprise", "创业或就业", "work or enterprise"),
        ("other", "其他", "other"),
    ),
)
STATUS = Choices(
    "enrolment_status",
    (
        ("enrolled", "在籍", "enrolled"),
        ("suspended", "休学", "suspended"),
        ("graduated", "毕业", "graduated"),
        ("completed", "结业", "completed"),
        ("withdrawn", "退学", "withdrawn"),
        ("transferred", "转出", "transferred"),
    ),
)
