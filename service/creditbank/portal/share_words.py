"""What the pages of shares say, and those on which anybody checks one."""

from __future__ import annotations

from collections.abc import Mapping

SHARE_WORDS: Mapping[str, tuple[str, str]] = {
    # the learner's shares
    "shares": ("授权查询", "Shares"),
    "share_lead": (
        "向用人单位、学校等出示您的学习成果：由您决定出示哪些、多久、可看几次，随时可以关闭。对方凭授权码核验，不需要账户。",
        "Show your records to an employer or a school: which ones, for how long and how often is yours to say, and you "
        "can close it at any time. They check it with a code and need no account.",
    ),
    "share_new": ("新建授权查询", "New share"),
    "share_none": ("还没有授权查询。", "No shares yet."),
    "share_none_hint": (
        "新建后会得到一个 12 位授权码和二维码，交给需要核验的人。",
        "You get a 12-character code and a QR code to hand to whoever is to check.",
    ),
    "share_until": ("有效至 {day}", "until {day}"),
    "share_opened_n": ("已查看 {used} 次，共可查看 {allowed} 次", "opened {used} of {allowed} times"),
    "share_lines_all": ("全部 {n} 项成果（截至建立之时）", "all {n} records there were then"),
    "share_lines_some": ("所选 {n} 项成果", "{n} chosen records"),
    "share_state_open": ("有效", "open"),
    "share_state_run_out": ("已到期", "run out"),
    "share_state_used_up": ("次数已用完", "used up"),
    "share_state_closed": ("已关闭", "closed"),
    "share_state_tries": ("口令错误过多，已锁定", "locked: wrong PIN too often"),
    "share_state_account_closed": ("账户已注销", "account closed"),
    "share_state_erased": ("个人信息已删除", "erased"),
    "share_state_merged": ("账户已合并，授权查询已关闭", "accounts merged: closed"),
    "share_state_parted": ("账户已分开，授权查询已关闭", "accounts parted: closed"),
    "share_state_guardian_gone": ("监护人登记已终止，授权查询已关闭", "guardian no longer recorded: closed"),
    # making one
    "share_make_what": (
        "出示的是此刻已有的成果，以后新增的不会被看到。成果日后如有更正或撤回，核验方会看到现状和变化。",
        "It shows what is there now; what comes later is never seen. If a record is corrected or withdrawn later, "
        "whoever checks sees how it stands and what changed.",
    ),
    "share_make_button": ("生成授权码", "Create the code"),
    "share_purpose_help": (
        "核验方会看到。例如：应聘某公司数控车工。",
        "Whoever checks reads this, e.g. “application as a lathe operator”.",
    ),
    "share_which": ("出示哪些成果", "Which records"),
    "share_which_all": ("全部 {n} 项", "All {n} of them"),
    "share_which_some": ("只出示下面勾选的", "Only those ticked below"),
    "share_choose": ("选择成果", "Choose records"),
    "share_who": ("是否出示身份", "Who you are"),
    "share_who_nobody": ("不出示姓名", "Show no name"),
    "share_who_name": ("出示姓名", "Show the name"),
    "share_who_name_and_number": (
        "出示姓名和部分隐去的证件号码",
        "Show the name and the masked document number",
    ),
    "share_what_else": ("还出示", "Show as well"),
    "share_with_marks": ("成绩和证书编号", "Scores and certificate numbers"),
    "share_with_conversions": ("转换的课程学分", "Courses converted"),
    "share_limits": ("期限和次数", "How long and how often"),
    "share_until_help": ("最长 {days} 天，到 {day} 为止。", "{days} days at most: to {day}."),
    "share_openings_help": (
        "每次凭授权码打开计一次，半小时内重看不另计。",
        "Each time somebody opens it with the code is one; looking again within half an hour is not.",
    ),
    "share_guard": ("口令", "PIN"),
    "share_guard_help": (
        "口令请用另一种方式告诉对方。授权码若被别人看到，没有口令也打不开。",
        "Tell them the PIN by another way. Then a code that somebody else sees opens nothing.",
    ),
    "share_guard_none": ("不设口令", "No PIN"),
    "share_guard_pin": ("设六位数字口令", "A PIN of six digits"),
    "share_pin_forgotten": (
        "您选择了设口令，请填写六位数字口令。",
        "You chose to have a PIN: enter its six digits.",
    ),
    "share_pin_unwanted": (
        "您填写了口令，但选择了不设口令。请改选“设六位数字口令”或清空口令。",
        "You entered a PIN and chose to have none. Choose “A PIN of six digits”, or leave the PIN empty.",
    ),
    "share_guard_unsaid": ("请选择是否设口令。", "Say whether it is to have a PIN."),
    "share_which_unsaid": ("请勾选要出示的成果，或选择全部。", "Tick the records to show, or choose all of them."),
    "share_nothing": (
        "账户中还没有可以出示的学习成果。学校、培训机构报送后再来。",
        "There is no record to show yet. Come back when a school or a training provider has reported some.",
    ),
    "share_not_yours": (
        "不满十四周岁，授权查询由已登记的监护人建立。",
        "Under fourteen a recorded guardian makes shares.",
    ),
    "done_share_make": (
        "授权查询已建立。请将授权码或二维码交给核验方。",
        "The share is made. Hand the code or the QR code over.",
    ),
    "f_openings": ("可查看次数", "Openings"),
    "f_pin": ("口令", "PIN"),
    "f_says_who": ("出示身份", "Who you are"),
    # one share
    "share_code": ("授权码", "Code"),
    "share_qr": ("授权码的二维码", "QR code of the share"),
    "share_qr_save": ("保存二维码图片", "Save the QR code"),
    "share_address": ("核验网址", "Address for checking"),
    "share_over_note": ("该授权查询已结束，核验方看不到任何内容。", "This share is over: nobody sees anything by it."),
    "share_has_pin": ("设有口令，请另行告知核验方。", "It has a PIN: tell it to whoever checks, by another way."),
    "share_wrong_pins": (
        "口令填错 {n} 次；满 {most} 次即锁定。",
        "The PIN was wrong {n} times; at {most} it is locked.",
    ),
    "share_made_at": ("建立时间", "Made"),
    "share_by_guardian": ("由监护人建立", "Made by a guardian"),
    "share_shows": ("出示内容", "What it shows"),
    "share_ended_at": ("结束时间", "Ended"),
    "share_openings": ("查看记录", "Who looked and when"),
    "share_openings_none": ("还没有人查看。", "Nobody has looked yet."),
    "share_openings_note": (
        "只记录时间和设备类型，不记录核验方的身份和地址。",
        "Time and kind of device are kept; who it was, and from which address, is not.",
    ),
    "share_opening_shown": ("已查看", "looked"),
    "share_opening_wrong_pin": ("口令错误，未显示内容", "wrong PIN, nothing was shown"),
    "share_channel_page": ("核验页", "on the page"),
    "share_channel_program": ("数据接口", "by a program"),
    "share_device_phone": ("手机", "a phone"),
    "share_device_computer": ("电脑", "a computer"),
    "share_device_unknown": ("设备不详", "an unknown device"),
    "share_closing_title": ("关闭授权查询", "Close this share"),
    "share_closing_what": (
        "关闭后立即失效，正在查看的人刷新后也看不到，不能恢复。需要时可以新建。",
        "It ends at once, also for whoever has it open, and cannot be opened again. You can make another.",
    ),
    "share_closing_button": ("关闭", "Close it"),
    "done_share_closing": ("授权查询已关闭。", "The share is closed."),
    "share_preview": ("核验方看到的内容", "What whoever checks will see"),
    # what is shown
    "share_of": ("出示人", "Learner"),
    "share_of_nobody": ("出示人选择不显示姓名", "The name is not shown, by the learner's choice"),
    "share_for": ("用途", "Purpose"),
    "share_whole": ("出示范围", "Scope"),
    "share_is_whole": ("授权时账户中的全部成果", "Everything the account held when it was shared"),
    "share_is_part": ("出示人选择的部分成果", "A part, chosen by the learner"),
    "share_made_on": ("授权日期", "Shared on"),
    "share_shown_at": ("核验时间", "Checked"),
    "share_unchanged": ("与授权时一致，没有变化", "Unchanged since it was shared"),
    "share_changed_n": (
        "授权后有 {n} 项发生变化，以下为现状",
        "Changed since it was shared: {n}. Shown as they stand now",
    ),
    "share_line_current": ("未变化", "unchanged"),
    "share_line_changed": ("有变化", "changed"),
    "share_line_gone": ("已不在档案中", "no longer on record"),
    "share_gone_why": (
        "报送机构已撤回，或原属误记；不再计入。",
        "Its institution withdrew it, or it had been posted by mistake. It no longer counts.",
    ),
    "share_no_rule": ("由人员决定", "decided by a person"),
    "share_by_people": ("由人员作出的例外决定", "decided by a person against the rule"),
    "share_from_to": ("{field}：{then} → {now}", "{field}: {then} → {now}"),
    "share_was_nothing": ("（无）", "(nothing)"),
    "share_field_scheme": ("学分体系", "Scheme"),
    "share_field_exemption": ("免修类别", "Exemption"),
    "share_field_result": ("结果", "Result"),
    "share_field_other": ("其他内容", "Something else"),
    "share_stands": ("是否变化", "Since then"),
    "share_rule_column": ("体系与依据", "Scheme and rule"),
    "share_rules": ("认定依据", "Rules and sources"),
    "share_rules_lead": (
        "各项成果按取得之日有效的公开规则认定。方括号中的编号对应上表。",
        "Each record was decided by the public rule in force on the day it was achieved. The numbers in brackets "
        "match the table above.",
    ),
    "share_rule_clause": ("条款", "Clause"),
    "share_rule_page": ("查看这份规则", "Read the rule"),
    "share_rule_text": ("规则数据（JSON）", "The rule as data (JSON)"),
    "share_records": ("学习成果", "Records"),
    "share_courses": ("转换的课程", "Courses converted"),
    "share_courses_lead": (
        "由所列编号的成果转换而来，与上面的学分分开计算，不能相加。",
        "Recognised for the records named; counted apart from the credits above and never added to them.",
    ),
    "share_courses_from": ("所用成果编号", "Records used, by number"),
    # checking one
    "verify": ("核验学习成果", "Check a share"),
    "verify_lead": (
        "输入出示人给您的 12 位授权码，查看由学分银行实时出具的学习成果。无需注册。",
        "Enter the 12-character code you were given to see the records as the credit bank has them now. No account "
        "is needed.",
    ),
    "verify_code_help": (
        "字母和数字，不分大小写，空格可有可无。",
        "Letters and digits; capitals and spaces do not matter.",
    ),
    "verify_pin_help": ("对方设了口令时填写。", "If you were given one."),
    "verify_button": ("查看", "View records"),
    "verify_again": ("这次查看已超过 30 分钟，请重新查看。", "That look is more than half an hour old. Look again."),
    "verify_counts": (
        "每次查看会记入出示人的记录（只有时间和设备类型）。",
        "Each viewing is recorded for the learner: the time and the kind of device, nothing else.",
    ),
    "verify_real": (
        "只有本站页面上的内容才有效；截图和打印件不能代替核验。请留意浏览器地址栏中的网址。",
        "Only what this site shows counts; a screenshot or a printout is no proof. Check the address in your browser.",
    ),
    "verify_lasts": (
        "半小时内刷新或返回不另计次数。",
        "Reloading or going back within half an hour does not count again.",
    ),
    "verify_here": ("凭授权码核验他人出示的学习成果", "Check records that somebody shows you by a code"),
    "verify_another": ("核验另一个授权码", "Check another code"),
}
