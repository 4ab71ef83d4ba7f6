"""What the pages of facts about members say, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping

FACTS_STATED: Mapping[str, tuple[str, str]] = {
    "facts": ("学员情况", "Facts about members"),
    "facts_lead": (
        "升学规则所依据的情况由知情的一方报送：学校、高校或学分银行。再次报送同一事项即为更正，原来的保留。",
        "What the rules read is stated by whoever knows it: the school, the college or the bank. Stated again it is "
        "corrected, and what was stated before is kept.",
    ),
    "facts_read": ("规则要用", "the rules read it"),
    "facts_not_read": ("现行规则不用", "no rule reads it now"),
    "facts_topic": ("事项", "Topic"),
    "facts_stated_by": ("由谁报送", "Stated by"),
    "facts_scores": (
        "考试成绩请在贯通班页面用成绩表报送。",
        "Scores come by score sheets, on the page of the cohort.",
    ),
    "facts_sealed": (
        "该事项敏感：只有据以决定的一方和本人、监护人可见，加密保存，查看记入日志。",
        "This is sensitive: only those who decide on it, the learner and the guardian see it. It is kept sealed, and "
        "who looks is logged.",
    ),
    "facts_not_yours": ("该事项由{who}报送，您可以查看。", "This is stated by {who}; you can read it."),
    "facts_known": ("现有报送", "What is known"),
    "facts_since": ("{day} 起", "since {day}"),
    "facts_said_by": ("{who} {at} 报送", "by {who}, {at}"),
    "facts_none": ("尚未报送", "nothing yet"),
    "facts_history": ("全部报送", "All that was stated"),
    "facts_what": (
        "只填写要报送的学员，留空的不变。更正时填写新的内容即可。",
        "Fill in only those you have something to state about; what is left empty stays as it is. To correct "
        "something, type what is right.",
    ),
    "facts_rest": ("尚未报送此项的其他学员", "All others of whom nothing is known yet"),
    "facts_on": ("自何日起（不填为今天）", "Since which day (today if left empty)"),
    "facts_correct": (
        "更正错误：已有报送的学员沿用原来的日期",
        "I correct mistakes: who has a statement keeps its day",
    ),
    "facts_button": ("报送", "State it"),
    "facts_one_title": ("报送一项", "State one"),
    "facts_one_what": (
        "一名学员可以有多项，一次报送一项。更正请在现有报送旁选择“更正”。",
        "A member may have several; state them one by one. To correct one, choose “Correct” beside it.",
    ),
    "facts_member": ("学员", "Member"),
    "facts_correct_one": ("更正", "Correct"),
    "facts_check_what": (
        "勾选已核对的学员：除上面已报送的以外没有其他。未核对的，规则按“不明”处理。",
        "Tick whom you have checked: there are none but those stated. Until then the rules hold it for unknown.",
    ),
    "facts_check": ("核对完毕，没有其他", "checked, there are no others"),
    "facts_checked_of": ("{topic}：核对完毕，没有其他", "{topic}: checked, there are no others"),
    "facts_check_button": ("确认核对", "Confirm"),
    "facts_nothing": ("没有填写任何内容，未报送。", "Nothing was filled in, and nothing was stated."),
    "facts_wrong": (
        "有 {n} 行填写有误，全部未报送；请按各行提示修改，其他内容已保留。",
        "{n} rows have something wrong and nothing was stated. Mend them as said beside each; everything else is kept.",
    ),
    "facts_some_refused": (
        "已报送 {n} 行，{bad} 行不予受理，原因见各行。",
        "{n} rows were stated, {bad} were refused: why is said beside each.",
    ),
    "facts_of_member": ("{name} 的报送情况", "What was stated about {name}"),
    "facts_said": ("内容", "What was said"),
    "facts_from": ("自何日起", "Since"),
    "facts_stated": ("报送", "Stated"),
    "facts_standing": ("状态", "Standing"),
    "facts_holds": ("有效", "holds"),
    "facts_replaced": ("已更正", "corrected"),
    "facts_taken_back": ("已撤回", "taken back"),
    "facts_takes_back": ("撤回", "takes it back"),
    "facts_erased": ("（内容已删除）", "(erased)"),
    "facts_withdraw_title": ("撤回一项", "Take one back"),
    "facts_withdraw_what": (
        "撤回的自原日期起视为没有报送过，记录保留。",
        "It counts as never stated since its day; that it was stated is kept.",
    ),
    "facts_withdraw_button": ("撤回", "Take it back"),
    "done_facts": ("已报送。", "It has been stated."),
    "done_facts_one": ("已报送。", "It has been stated."),
    "done_facts_checked": ("已记入核对结果。", "That you checked is noted."),
    "done_facts_withdrawal": ("已撤回。", "It has been taken back."),
}
