"""What the pages of ways to go say: pathways gate by gate, what if, rounds, notices; in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping

WAYS: Mapping[str, tuple[str, str]] = {
    "ways": ("升学通道", "Pathways"),
    "ways_lead": (
        "对您开放的升学与贯通通道，本人所在班的在前。点开可逐项查看条件：是否达到、还差什么、由谁补充、截止何日。",
        "The pathways that are open to you, those of your cohorts first. Open one to see it gate by gate: what is met, "
        "what is missing, who can supply it, and by when.",
    ),
    "ways_none": ("目前没有对您开放的通道。", "No pathway is open to you now."),
    "ways_none_hint": (
        "学校与高校的贯通协议备案后，会显示在这里。可以换一个日期看看。",
        "They appear once an agreement between a school and a college is filed. Try another day.",
    ),
    "ways_on": ("查看日期", "As of"),
    "ways_look": ("查看", "Look"),
    "ways_as_of": ("以下是{day}的情况。", "As of {day}."),
    "way_member": ("您在这个班", "you are in this cohort"),
    "way_verdict_granted": ("条件都已达到", "all gates are met"),
    "way_verdict_not_granted": ("有条件未达到", "some gates are not met"),
    "way_verdict_unknown": ("有条件尚不明确", "something is not known yet"),
    "way_gates": ("达到 {met}，未达到 {not_met}，不明 {unknown}", "{met} met, {not_met} not met, {unknown} not known"),
    "way_attainable": ("还可以争取", "still within reach"),
    "way_unattainable": ("已无法补救", "no longer within reach"),
    "way_progressed": ("您已由此转段入学", "You have progressed by this pathway"),
    "way_deadline": ("下一个截止日", "Next deadline"),
    "way_back": ("全部升学通道", "All pathways"),
    "way_gates_over": ("转段条件", "The gates of this pathway"),
    "way_gates_over_lead": (
        "您已转段，以下条件不再对您适用，仅供查阅。",
        "You have progressed: these gates are asked of you no more, and stand here to be read.",
    ),
    "way_open_gates": ("还没有达到的", "What is still open"),
    "way_all_met": ("所有条件都已达到。", "Every gate is met."),
    "way_closed_gates": ("已经达到或免予要求的", "What is met, or not asked of you"),
    "way_mend_until": ("最迟 {day}", "until {day}"),
    "way_mendable": ("可以补救", "can still be put right"),
    "way_final": ("不能再补救", "can no longer be put right"),
    "way_who": ("由谁办理", "Who handles it"),
    "way_stands_on": ("依据的成果", "Records it stands on"),
    "way_the_record": ("成果 {n}", "record {n}"),
    "way_changes": ("怎样就能达到", "What would be enough"),
    "way_turned": ("与现在不同", "differs from now"),
    "way_supposed": (
        "以下是按您的假设计算的，没有保存任何内容。",
        "This is how it would stand if what you supposed were so. Nothing was kept.",
    ),
    "way_as_it_is": ("看真实情况", "As it is"),
    "way_what_if": ("假如……会怎样", "What if"),
    "way_what_if_open": ("填写设想的成绩、证书和学分", "Suppose scores, a certificate, credits"),
    "way_what_if_lead": (
        "填上设想的成绩、证书、获奖或学分，看看结果。只计算，不保存。",
        "Fill in scores, a certificate, an award or credits that you think of. It is calculated only, nothing is kept.",
    ),
    "way_exam_n": ("成绩 {n}", "Score {n}"),
    "f_points": ("得分", "Points"),
    "way_result": ("结果", "Result"),
    "way_process": ("过程考核成绩（百分制）", "Process assessment, in percent"),
    "way_certificate_kind": ("证书类别", "Kind of certificate"),
    "way_certificate_level": ("证书等级", "Level of the certificate"),
    "way_award": ("竞赛获奖的级别", "Level of a contest won"),
    "way_credits": ("另得学分", "Credits besides"),
    "way_suppose": ("看看会怎样", "See what happens"),
    "way_no_supposition": ("不假设", "none"),
    "way_rounds": ("您参加的转段轮次", "Your rounds"),
    "way_round_to": ("我的结果", "my result"),
    # a round
    "own_round_lead": ("您在本轮次中的结果和理由。", "Your place in this round, and why."),
    "own_round_no": ("您的学员编号", "Your member number"),
    "own_round_on_notice": (
        "名单正在公示至 {day}。对名单可以提出异议。",
        "The list is on notice until {day}; anybody may object to it.",
    ),
    "own_round_notice_link": ("查看公示", "Read the notice"),
    "own_round_objections": ("对您的异议", "Objections about you"),
    "place_giving_up_title": ("放弃名额", "Give up the place"),
    "place_giving_up_what": (
        "放弃后不能恢复。定案前放弃的，由后一名递补并重新公示；定案后放弃的，名单不变，由贯通班记录。",
        "It cannot be undone. Before the list is final the next one moves up and it is published again; afterwards the "
        "list stays and the cohort notes it.",
    ),
    "place_giving_up_button": ("放弃名额", "Give up the place"),
    "done_place_giving_up": ("已放弃名额。", "You gave up the place."),
    # notices
    "notice_to": ("正在公示的申请和名单", "Claims and lists on public notice"),
    "notice_lead": (
        "公示期内任何登录者都可以提出异议。所写内容加密保存，不告诉对方是谁提出的。",
        "Until the notice ends anybody who is signed in may object. What is written is sealed, and nobody is told who "
        "wrote it.",
    ),
    "notice_rounds": ("转段名单", "Lists of those who are to progress"),
    "notice_claims": ("转换申请", "Claims"),
    "notice_none": ("目前没有正在公示的内容。", "Nothing is on public notice now."),
    "notice_claim": ("一份转换申请", "A claim"),
    "notice_by": ("公示至", "On notice until"),
    "notice_since": ("{at} 起公示", "on notice since {at}"),
    "notice_stopped": ("有异议待处理，期限暂停", "stopped by an objection"),
    "notice_object": ("提出异议", "Object"),
    "notice_all_lines": ("整份申请", "the whole claim"),
    "notice_which_line": ("针对哪一行", "Which line"),
    "notice_which_member": ("针对哪位学员", "Which member"),
    "notice_words": ("异议内容", "What you object"),
    "claim_objection_what": (
        "请写明哪里不符合事实或规则。每份申请可提一次；处理期间公示暂停。",
        "Say what is not true or not by the rules. Once for each claim; the notice stands still until it is decided.",
    ),
    "round_objection_what": (
        "请写明哪里不符合事实或规则。对每位学员可提一次。",
        "Say what is not true or not by the rules. Once for each member.",
    ),
    "notice_objection_button": ("提出异议", "Object"),
    "done_claim_objection": (
        "异议已收到，将在规定期限内处理。",
        "Your objection was received and will be decided in time.",
    ),
    "done_round_objection": (
        "异议已收到，将在规定期限内处理。",
        "Your objection was received and will be decided in time.",
    ),
}
