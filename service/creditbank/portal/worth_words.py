"""What the pages say of what records are worth elsewhere, of claims, and of ways to go."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.portal.claim_words import CLAIMS
from creditbank.portal.way_words import WAYS

WORTH_WORDS: Mapping[str, tuple[str, str]] = {
    **CLAIMS,
    **WAYS,
    "worth": ("我的成果能换什么", "What your records can replace"),
    "worth_lead": (
        "选一份人才培养方案，看用您已有的学习成果最多能换多少学分、哪些换不了、怎样才行。只计算，不提交。",
        "Choose a plan and see how many of its credits your records can replace at most, which cannot be used, and "
        "what would change that. This only calculates; nothing is sent.",
    ),
    "worth_your_plans": ("您就读的专业", "The programmes you are enrolled in"),
    "worth_planned": ("方案 {n} 学分，已得 {earned}", "{n} credits planned, {earned} earned"),
    "worth_no_plan": ("没有找到您的学籍和方案。", "No enrolment with a plan was found."),
    "worth_no_plan_hint": (
        "可以在下面看看其他院校；申请转换须先有该方案的学籍。",
        "You can look at other colleges below; to claim, you have to be enrolled in the plan.",
    ),
    "worth_other": ("其他院校", "Other colleges"),
    "worth_other_lead": (
        "想转学、升学，先看看能带走多少。",
        "Thinking of moving on? See what you could take with you.",
    ),
    "worth_college": ("院校", "College"),
    "worth_show_programmes": ("查看专业", "Show programmes"),
    "worth_programmes": ("专业", "Programmes"),
    "worth_no_programmes": ("该院校还没有公布专业。", "This college has published no programmes yet."),
    "worth_no_plans_there": ("该专业还没有公布方案。", "This programme has no published plan yet."),
    "worth_plan_of": ("{version} 版方案（{since} 级起）", "plan {version} (entry from {since})"),
    "worth_choose_other": ("换一份方案", "Another plan"),
    "worth_in": ("在{plan}能换什么", "What your records can replace in {plan}"),
    "worth_credits": ("可换的学分", "credits that can be replaced"),
    "worth_courses": ("可换的课程（门）", "courses that can be replaced"),
    "worth_credits_n": ("{n} 学分", "{n} credits"),
    "worth_proved": (
        "已证明：在全部上限之内，没有比这更多的组合（至多 {bound} 学分）。",
        "Proved: under all caps at once no other choice gives more (at most {bound} credits).",
    ),
    "worth_not_proved": (
        "这是找到的较优组合，至多可能达到 {bound} 学分。",
        "A good choice, though not proved to be the best: at most {bound} credits could be had.",
    ),
    "worth_not_enrolled": (
        "您没有这份方案的学籍，只能查看，不能申请。入学后可以申请。",
        "You are not enrolled in this plan, so you can look but not claim. Once enrolled, you can.",
    ),
    "worth_guardian_claims": ("由监护人代为申请。", "A guardian claims for you."),
    "worth_best": ("最优组合", "The best choice"),
    "worth_claim_what": (
        "勾选要申请的课程后提交。有的当即认定，有的由院系、教务、发证机构依次办理并公示，每一步都有期限，可随时查看和撤回。",
        "Tick what you want to claim. Some lines are decided at once, others go through the department, the registrar "
        "and the body that issued a certificate, then on public notice; each step has its days, and you may take it "
        "back.",
    ),
    "worth_claim_button": ("提交申请", "Claim"),
    "done_claiming": ("申请已提交。下面可以看到现在到哪一步。", "Your claim was made. Below you see where it is."),
    "done_byhand": ("申请已提交。下面可以看到现在到哪一步。", "Your claim was made. Below you see where it is."),
    "f_lines": ("要申请的课程", "Lines"),
    "f_course_code": ("换哪门课程", "For which course"),
    "f_record_ids": ("用哪些成果", "With which records"),
    "worth_lines": ("课程与所用成果", "Courses, and the records they use"),
    "worth_by": ("用", "Using"),
    "worth_replaces": ("原有的 {n} 项转换将让位", "{n} earlier conversions give way to it"),
    "worth_until": ("最迟 {day} 前申请，之后：{why}", "Claim until {day}; after that: {why}"),
    "worth_only_imagined": (
        "含假设的证书，取得后才能申请",
        "with a certificate you do not have yet: cannot be claimed",
    ),
    "worth_nothing": ("目前没有可以直接换的课程。", "Nothing can be replaced right now."),
    "worth_nothing_hint": (
        "下面列出每项成果换不了的原因，以及怎样才行。",
        "Below is why, for each record, and what would change it.",
    ),
    "worth_caps": ("已触及的上限", "Limits you have reached"),
    "worth_caps_resting": ("另有 {n} 项上限，未影响结果", "{n} more limits that make no difference here"),
    "worth_cap_room": (
        "上限 {limit}，此前已用 {before}，本次用 {taken}，余 {left}。",
        "At most {limit}; used before {before}, by this choice {taken}, left {left}.",
    ),
    "worth_cap_wastes": ("没有这项上限还可多换 {more}。", "Without it there would be {more} more."),
    "worth_perhaps": ("经人工审核后可能可以", "Possible after a review by people"),
    "worth_perhaps_lead": (
        "规则不能单独决定这些：有的事实还不清楚，或须由人判断。可以在“自选课程和成果”中申请，由经办人补充和判断。",
        "The rules cannot decide these alone: something is not known yet, or a person has to judge it. Claim them "
        "under “Choose for yourself” below; those in charge then supply what is missing.",
    ),
    "worth_left_more": ("其余 {n} 项", "{n} more"),
    "worth_missing": ("尚不清楚：{fact}（由{who}提供）", "Not known yet: {fact} (to be supplied by {who})"),
    "worth_judged": ("须由人判断", "To be judged by a person"),
    "worth_and_more": ("等 {n} 门", "and {n} more"),
    "worth_left": ("没有用上的成果", "Records that are not used"),
    "worth_left_lead": (
        "每项成果为什么没有用上，以及最小的哪些改变会使结果不同。",
        "Why each one is not used, and the smallest changes that would make a difference.",
    ),
    "worth_nearest": ("最接近的课程：{course}", "Nearest course: {course}"),
    "worth_why": ("原因和怎样才行", "Why, and what would change it"),
    "worth_turning": ("以下任何一组改变都会使结果不同：", "Any one of these would change the result:"),
    "worth_and": ("，并且", ", and "),
    "worth_instead": ("相应课程已由其他成果转换：", "Other records do better for its courses:"),
    "worth_by_hand": ("自选课程和成果", "Choose for yourself"),
    "worth_by_hand_open": ("用我选的成果换一门课程", "Claim one course with records of your choice"),
    "worth_by_hand_what": (
        "选一门课程和所用成果。规则会逐条检查：确定不符的当即不予并说明理由，其余按步骤办理。",
        "Choose a course and the records to use. The rules check it: what fails for certain is refused at once with "
        "the reasons, the rest goes through its steps.",
    ),
    "worth_course": ("换哪门课程", "For which course"),
    "worth_wants": ("申请什么", "What you claim"),
    "worth_records": ("用哪些成果", "With which records"),
    "wants_credits": ("转换学分", "credits"),
    "wants_exemption": ("免修免考", "exemption from the course"),
    "wants_attendance": ("免听（免修不免考）", "exemption from attending it"),
    "worth_more": ("更多", "More"),
    "worth_courses_left": ("还有 {n} 门课程没有成果可换", "{n} courses that none of your records can replace"),
    "worth_what_if": ("假如再拿一本证书", "What if you had one more certificate"),
    "worth_what_if_lead": (
        "选一本还没有取得的证书，看结果会怎样。只计算，不保存。",
        "Choose a certificate you do not have yet and see. This only calculates; nothing is kept.",
    ),
    "worth_certificate_n": ("证书 {n}", "Certificate {n}"),
    "worth_no_certificate": ("不假设", "none"),
    "worth_what_if_button": ("看看会怎样", "See what happens"),
    "worth_with_imagined": ("以下结果含 {n} 本假设的证书。", "This counts {n} certificates you do not have yet."),
    "worth_without_imagined": ("只看已有的", "Only what you have"),
    "worth_imagined": ("假设", "supposed"),
}
