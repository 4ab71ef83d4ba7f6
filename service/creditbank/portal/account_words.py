"""What the pages of a learner's account say: personal data, who looked, consents, guardians, closing."""

from __future__ import annotations

from collections.abc import Mapping

ACCOUNT_WORDS: Mapping[str, tuple[str, str]] = {
    # one's account
    "acct": ("我的账户", "My account"),
    "acct_child": ("{name}的账户", "The account of {name}"),
    "acct_places": ("账户", "Account"),
    "acct_data": ("个人信息", "Personal data"),
    "acct_lead": (
        "学分银行保存的关于您的信息。证件号码始终部分隐去，对您本人也一样。",
        "What the bank keeps about you. Numbers of documents are always masked, for you as well.",
    ),
    "acct_names": ("姓名", "Names"),
    "acct_former_name": ("曾用名，至 {at}", "former name, until {at}"),
    "acct_documents": ("证件", "Documents"),
    "acct_former_document": ("已停用，{at}", "no longer used, {at}"),
    "acct_birth": ("出生日期", "Date of birth"),
    "acct_birth_unknown": ("证件未载明", "not told by a document"),
    "acct_accounts": ("账户", "Accounts"),
    "acct_opened": ("开立", "opened"),
    "acct_activated": ("激活", "activated"),
    "acct_not_activated": ("尚未激活", "not activated"),
    "acct_closed_at": ("已注销，{at}", "closed {at}"),
    "acct_enrolments": ("学籍", "Enrolments"),
    "acct_student_no": ("学号 {n}", "student number {n}"),
    "acct_since": ("{day}起", "from {day}"),
    "acct_no_enrolments": ("没有学籍。", "No enrolment."),
    # correcting
    "acct_correct": ("有信息不对？", "Is something wrong?"),
    "acct_correct_lead": (
        "谁报送、谁更正；每一次更正都留下记录并通知您。",
        "Whoever reported it corrects it; every correction leaves a trace, and you are told.",
    ),
    "acct_correct_person": (
        "姓名、证件：带上证件和变更证明，到学分银行窗口或您的学校办理；原来的姓名和号码仍保留，用于核对此前的成果。",
        "Name or document: show the document and what proves the change at the bank's counter, or at your school. The "
        "earlier ones are kept, so that older records are still found.",
    ),
    "acct_correct_record": (
        "成绩、证书、培训：联系报送的机构，由其更正或撤回。报送您成果的机构：",
        "Results, certificates, trainings: ask the institution that reported them to correct or withdraw them. Yours:",
    ),
    "acct_correct_decision": (
        "对认定或转换结果有异议：打开该申请，在期限内申诉或请求人工复核。",
        "A decision you disagree with: open the claim and appeal, or ask for a review by a person, in time.",
    ),
    "acct_correct_identity": (
        "有不属于您的成果，或有账户没有合并：请联系学分银行，由业务员核实。",
        "Records that are not yours, or accounts of yours that are apart: ask the bank; an officer looks into it.",
    ),
    # who looked
    "acct_looked": ("谁办理或查看过", "Who looked, and what was done"),
    "acct_looked_lead": (
        "学分银行和机构人员因办理业务查看您的信息，都会记录在此，最近的在前。",
        "Whenever somebody of the bank or of an institution looks you up, it is written down, the last one first.",
    ),
    "acct_looked_none": ("没有查看记录。", "Nobody has looked."),
    "acct_by_self": ("您本人", "you"),
    "acct_by_family": ("您或监护人", "you or your guardian"),
    "acct_by_bank": ("学分银行", "the bank"),
    "acct_when": ("时间", "When"),
    "acct_who": ("何人", "Who"),
    "acct_what": ("事项", "What"),
    "acct_act_other": ("办理了其他事项。", "Did something else."),
    # taking it out
    "acct_export": ("导出全部信息", "Take everything out"),
    "acct_export_lead": (
        "一个 JSON 文件，含学分银行保存的关于您的全部内容：姓名证件、学籍、每项成果的各个版本和认定、记账、申请、授权、"
        "消息、贯通培养情况、授权查询和查看记录。请保存在只有您能打开的地方。",
        "One JSON file with everything the bank holds about you: names and documents, enrolments, every version of "
        "every record with its decisions, postings, claims, consents, messages, pathways, shares and who looked. Keep "
        "it where only you can open it.",
    ),
    "acct_export_button": ("下载（JSON）", "Download (JSON)"),
    # closing
    "acct_closing": ("注销账户", "Close the account"),
    "acct_closing_what": (
        "注销后不再存入新的学习成果，所有授权查询立即关闭；已有的成果和学分仍可查看。恢复须到学分银行办理。"
        "删除个人信息也须先注销，再向学分银行书面申请，删除后无法恢复。",
        "Nothing new is deposited any more and every share is closed at once; what is there can still be read. An "
        "officer of the bank can open it again. To have your personal data erased, close the account first and then "
        "ask the bank in writing; that cannot be undone.",
    ),
    "acct_closing_sure": ("我了解以上后果，确认注销", "I understand this and want the account closed"),
    "acct_closing_button": ("注销账户", "Close the account"),
    "acct_closing_guardian": (
        "未满十四周岁，注销由已登记的监护人办理。",
        "Under fourteen, closing is the recorded guardian's to do.",
    ),
    "acct_is_closed": (
        "该账户已注销：不再存入新的成果，已有内容仍可查看。恢复请联系学分银行。",
        "This account is closed: nothing new is deposited, what is there can be read. The bank can open it again.",
    ),
    "done_closing": (
        "账户已注销。已有的成果和学分仍可查看。",
        "The account is closed. What is in it can still be read.",
    ),
    # consents
    "con": ("授权", "Consents"),
    "con_lead": (
        "您同意谁、为什么使用您的信息。随时可以撤回，与授权一样方便；撤回不影响此前已经办理的事项。",
        "Whom you allow to use your data, and what for. Taking it back is as easy as giving it, and undoes nothing "
        "that was done before.",
    ),
    "con_now": ("现行授权", "In force now"),
    "con_none": ("目前没有授权。", "No consent is in force."),
    "con_bank": ("学分银行", "the credit bank"),
    "con_purpose_transcript": ("查看完整学习档案", "see the whole transcript"),
    "con_purpose_recognition": ("认定时使用全部成果", "use all records when recognising"),
    "con_purpose_statistics": ("用于统计研究", "use for statistics"),
    "con_purpose_notices": ("通过短信、微信通知", "notify by text message or WeChat"),
    "con_purpose": ("用途", "Purpose"),
    "con_to": ("授权给", "To whom"),
    "con_since": ("自 {at}", "since {at}"),
    "con_until": ("至 {day}（含）", "until {day}"),
    "con_no_end": ("长期有效，直至撤回", "until taken back"),
    "con_take_back": ("撤回", "Take back"),
    "con_give": ("新增授权", "Give consent"),
    "con_give_what": (
        "查看档案和认定须指明一个机构；统计和通知可以授权给学分银行。",
        "Seeing a transcript and recognising are for one institution; statistics and notices may be for the bank.",
    ),
    "con_give_button": ("授权", "Give consent"),
    "con_history": ("历次授权与撤回", "Every word given and taken back"),
    "con_given": ("授权", "given"),
    "con_taken_back": ("撤回", "taken back"),
    "con_guardian": (
        "未满十四周岁，授权由已登记的监护人办理。",
        "Under fourteen, consent is the recorded guardian's to give.",
    ),
    "done_giving": ("授权已生效。", "Your consent is in force."),
    "done_takingback": ("授权已撤回。", "Your consent was taken back."),
    "f_purpose": ("用途", "Purpose"),
    "f_institution_id": ("机构", "Institution"),
    "f_until_on": ("最后一天", "Last day"),
    # guardians
    "guard": ("监护人", "Guardians"),
    "guard_lead": (
        "不满十四周岁，由登记的监护人代为办理；满十四周岁当天起自动结束。登记和终止由学校或学分银行办理。",
        "Under fourteen a recorded guardian acts; on the fourteenth birthday that ends by itself. A school or the bank "
        "records and ends it.",
    ),
    "guard_none": ("没有登记过监护人。", "No guardian was ever recorded."),
    "guard_in_force": ("现行", "acts now"),
    "guard_over": ("已结束", "over"),
    "guard_relation": ("关系", "Relation"),
    "guard_recorded": ("登记", "Recorded"),
    "guard_ended": ("终止", "Ended"),
    "guard_rel_father": ("父亲", "father"),
    "guard_rel_mother": ("母亲", "mother"),
    "guard_rel_grandparent": ("祖父母、外祖父母", "grandparent"),
    "guard_rel_sibling": ("兄姐", "sibling"),
    "guard_rel_appointed": ("指定监护人", "appointed"),
    "guard_rel_other": ("其他", "other"),
}
