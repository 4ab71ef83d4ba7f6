"""What the log of access says, as its readers read it: each act and each purpose that the code writes, as a sentence.

The same sentences stand before the learner and before the auditor; what people typed as their purpose is not here.
"""

from __future__ import annotations

from collections.abc import Mapping

ACCESS_WORDS: Mapping[str, tuple[str, str]] = {
    # looking
    "log_act_learner_seen": ("查看了账户或学习档案。", "Looked at the account or the transcript."),
    "log_act_identity_looked_up": (
        "按证件、账户号码或姓名查找了学习者。",
        "Looked somebody up by document, account number or name.",
    ),
    "log_act_held_row_read": ("查看了待核的报送和可能的账户。", "Read a held row beside the accounts it may be about."),
    "log_act_merge_read": ("查看了账户合并。", "Looked at a merge of accounts."),
    "log_act_claims_seen": (
        "查看了待办的转换申请，其中有申请人的姓名。",
        "Read the list of claims that wait, with the names of those who claim.",
    ),
    "log_act_claim_records_seen": (
        "为办理转换申请查看了姓名和所用的成果。",
        "Read the name and the records of a claim, to answer it.",
    ),
    "log_act_claim_foreseen": ("预看了转换申请会有的结果。", "Looked ahead at what would become of a claim."),
    "log_act_class_seen": ("为班级申请查看了一班学生。", "Read a class of students, to claim for them."),
    "log_act_members_seen": ("查看了贯通班的名单。", "Read the list of a cohort."),
    "log_act_statements_seen": ("查看了贯通班学员的情况。", "Read what is stated of members of a cohort."),
    "log_act_reviews_seen": ("查看了贯通培养的人工复查。", "Read reviews of a pathway."),
    "log_act_round_seen": ("查看了转段名单。", "Read the list of a round."),
    "log_act_progressions_seen": ("查看了转段入学的情况。", "Read who has gone on to the next stage."),
    "log_act_progression_sheet_made": ("制作了转段备案表。", "Made the sheet of a round that is filed."),
    "log_act_personal_data_exported": ("导出了全部个人信息。", "Took out all personal data."),
    # who somebody is
    "log_act_account_asked_for": (
        "为他人的账户办理开户，被告知已有账户。",
        "Asked to open an account that is there already, and was told so.",
    ),
    "log_act_account_identity_differs": (
        "办理开户时所报身份与已有账户不符。",
        "Asked to open an account with an identity that differs from one on file.",
    ),
    "log_act_record_identities_differ": (
        "报送的成果中有身份与已有账户不符的。",
        "Reported records with identities that differ from those on file.",
    ),
    "log_act_held_row_resolved": ("处理了待核的报送。", "Decided a held row."),
    "log_act_submission_let_go_on": (
        "核对身份后，让暂停的报送文件继续办理。",
        "Let a file go on that had been stopped for doubts about identity.",
    ),
    "log_act_record_reassigned": (
        "把报错了人的成果改派给正确的人。",
        "Gave a record of the wrong person to the right one.",
    ),
    "log_act_learners_merged": ("合并了同一人的两个账户。", "Merged two accounts of one person."),
    "log_act_learners_parted": ("解除了账户合并。", "Parted accounts that had been merged."),
    "log_act_name_changed": ("变更了姓名。", "Recorded a new name."),
    "log_act_document_recorded": ("登记了证件。", "Recorded an identity document."),
    "log_act_hint_closed": ("核实并结束了一条疑点提示。", "Looked into a hint and closed it."),
    # the account
    "log_act_activation_code_issued": ("发放了激活码。", "Handed out an activation code."),
    "log_act_account_activated": ("激活了账户。", "Activated the account."),
    "log_act_account_recovered": ("凭激活码另设了登录。", "Made a new sign-in with an activation code."),
    "log_act_account_closed": ("注销了账户。", "Closed the account."),
    "log_act_account_reopened": ("恢复了账户。", "Opened the account again."),
    "log_act_personal_data_erased": ("删除了个人信息。", "Erased the personal data."),
    "log_act_guardian_recorded": ("登记了监护人。", "Recorded a guardian."),
    "log_act_guardian_ended": ("终止了监护人登记。", "Ended a guardianship."),
    "log_act_guardian_password_renewed": ("为监护人重置了密码。", "Gave a guardian a new password."),
    "log_act_share_made": ("新建了授权查询。", "Made a share."),
    "log_act_share_closed": ("关闭了授权查询。", "Closed a share."),
    # rules, and who may come in
    "log_act_decisions_reissued": ("按更正后的规则重新作出了决定。", "Made decisions again by the corrected rule."),
    "log_act_signed_in": ("登录了。", "Signed in."),
    "log_act_login_opened": ("开通了工作人员登录。", "Opened a sign-in of staff."),
    "log_act_login_disabled": ("停用了工作人员登录。", "Disabled a sign-in of staff."),
    "log_act_password_changed": ("修改了自己的密码。", "Changed their own password."),
    "log_act_password_reset": ("重置了他人的密码。", "Reset the password of somebody else."),
    "log_act_client_opened": ("开通了接口客户端。", "Opened a client."),
    "log_act_client_disabled": ("停用了接口客户端。", "Disabled a client."),
    "log_act_client_secret_added": ("增发了客户端密钥。", "Added a secret to a client."),
    "log_act_client_secret_revoked": ("作废了客户端密钥。", "Revoked a secret of a client."),
    # what for, where nobody has to say it
    "log_for_unstated": ("未说明目的。", "No purpose was stated."),
    "log_for_work": ("登录办理业务。", "To work."),
    "log_for_access": ("管理登录和接入凭证。", "To keep sign-ins and credentials."),
    "log_for_identity": ("办理身份与账户事项。", "To keep who somebody is and their account."),
    "log_for_identity review": ("核对身份。", "To look into an identity."),
    "log_for_resolve": ("处理待核的报送。", "To decide a held row."),
    "log_for_merge": ("办理账户合并。", "To keep a merge of accounts."),
    "log_for_account_opening": ("办理开户。", "To open an account."),
    "log_for_activation": ("办理激活。", "To activate an account."),
    "log_for_reporting": ("报送学习成果。", "To report records."),
    "log_for_own data": ("本人或监护人取得自己的信息。", "To have one's own data, or one's child's."),
    "log_for_guardians": ("查看监护人。", "To read who the guardians are."),
    "log_for_father": ("登记的关系：父亲。", "The relation recorded: father."),
    "log_for_mother": ("登记的关系：母亲。", "The relation recorded: mother."),
    "log_for_grandparent": ("登记的关系：祖父母、外祖父母。", "The relation recorded: grandparent."),
    "log_for_sibling": ("登记的关系：兄姐。", "The relation recorded: sibling."),
    "log_for_appointed": ("登记的关系：指定监护人。", "The relation recorded: appointed guardian."),
    "log_for_other": ("登记的关系：其他。", "The relation recorded: another one."),
    "log_for_claim": ("办理转换申请。", "To deal with a claim."),
    "log_for_share": ("办理授权查询。", "To keep a share."),
    "log_for_pathways": ("查看升学与贯通通道。", "To read somebody's pathways."),
    "log_for_cohort": ("办理贯通班事项。", "To run a cohort."),
    "log_for_statements": ("办理贯通班学员情况。", "To keep what is stated of members."),
    "log_for_review": ("办理人工复查。", "To review what was asked about."),
    "log_for_round": ("办理转段。", "To run a round."),
    "log_for_progression_filed": ("报送备案。", "To file the list."),
    "log_for_progression_frozen": ("定案。", "To freeze the list."),
    "log_for_progression_sheet_read": ("下载备案表。", "To read the sheet that was filed."),
}
