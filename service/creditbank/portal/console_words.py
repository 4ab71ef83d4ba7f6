"""What the consoles of colleges, providers and certificate bodies say."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.portal.console_claim_words import CONSOLE_CLAIM_WORDS
from creditbank.portal.console_record_words import CONSOLE_RECORD_WORDS

CONSOLE_WORDS: Mapping[str, tuple[str, str]] = {
    **CONSOLE_CLAIM_WORDS,
    **CONSOLE_RECORD_WORDS,
    # the parts
    "con_home": ("办理事项", "To do"),
    "con_files": ("报送文件", "Files"),
    "con_claims": ("转换申请", "Claims"),
    "con_class": ("班级申请", "Class claims"),
    "con_appeals": ("申诉复核", "Appeals"),
    "con_equivalences": ("认定关系", "Equivalences"),
    "con_reconciliation": ("学期对账", "Term reconciliation"),
    "con_accounts": ("学习账户", "Accounts"),
    "con_pages": ("翻页", "Pages"),
    "con_first_page": ("回到第一页", "To the first page"),
    # home
    "con_home_lead": ("需要您处理的事项，以及最近报送的文件。", "What needs your attention, and the latest files."),
    "con_files_wait": ("待确认表头的文件", "Files with columns to confirm"),
    "con_claims_wait": ("待办的申请", "Claims to handle"),
    "con_overdue": ("其中逾期 {n} 件", "{n} of them overdue"),
    "con_appeals_wait": ("待复核的申诉", "Appeals to review"),
    "con_at_least": ("{n} 以上", "{n} or more"),
    "con_last_files": ("最近的文件", "Latest files"),
    "con_moved": ("学分银行改派的成果", "Records that the bank moved"),
    "con_moved_lead": (
        "近 {n} 天内，业务员把本机构报送的这些成果改派给了正确的人，学分随之更正。请在本机构系统中一并更正。",
        "In the last {n} days an officer gave these records of yours to the right person, and the credits with "
        "them. Please correct them in your own system, too.",
    ),
    # files
    "con_file": ("文件", "File"),
    "con_institution": ("机构", "Institution"),
    "con_act": ("用途", "Purpose"),
    "con_status": ("状态", "State"),
    "con_rows_n": ("行数", "Rows"),
    "con_outcomes": ("结果", "Outcomes"),
    "con_sent_at": ("报送时间", "Sent"),
    "con_nameless": ("（文件名已销毁）", "(name destroyed)"),
    "con_no_files": ("还没有报送过文件。", "No file has been sent yet."),
    "con_no_files_how": (
        "把教务系统导出的表格直接报送即可，不必改成固定格式。",
        "Send the spreadsheet as your own system exports it; it needs no fixed format.",
    ),
    "con_send_file": ("报送文件", "Send a file"),
    "con_send_lead": (
        "一份文件，逐行有结果；一行有误不影响其他行。同一文件再报一次不会重复写入。",
        "Every row gets its own outcome; a row with an error does not hold up the others. Sending the same file "
        "again writes nothing twice.",
    ),
    "con_drop": ("把文件拖到这里，或点击选择", "Drop the file here, or click to choose it"),
    "con_file_what": (
        "整份文件收到之后才开始读取，最大 {all}。分部分上传，断线后自动续传，不会重复；浏览器禁用脚本时一次上传，"
        "最大 {n}，中断则什么也没有写入，重新提交即可。",
        "The file is read once all of it has arrived, {all} at most. It is sent in parts and resumes by itself "
        "after a lost connection. With scripts turned off it goes in one piece, {n} at most; if that is "
        "interrupted, nothing has been written: send it again.",
    ),
    "con_file_button": ("上传", "Upload"),
    "con_file_missing": (
        "没有收到文件，未写入任何内容。请选择文件后再提交。",
        "No file arrived, and nothing was written. Choose a file, then send the form.",
    ),
    "con_file_too_large": (
        "文件超过一次上传的上限（{n}），未接收。请在浏览器中启用脚本后分部分上传，或按学期、年级拆分。",
        "The file is larger than one piece may be ({n}) and was not taken. Turn on scripts in your browser, which "
        "send it in parts, or split it by term or year.",
    ),
    "done_con_file": ("文件已收到。", "File received."),
    "f_act": ("用途", "Purpose"),
    "con_does_report": ("报送或更正", "report or correct"),
    "con_does_withdraw": ("撤回所列成果", "withdraw what is listed"),
    "con_does_reassign": ("改派给正确的人", "reassign to the right person"),
    "con_reason_of_file": ("撤回或改派的原因", "Reason for a withdrawal or reassignment"),
    "con_reason_how": ("用于没有“原因”列的行。", "Used for rows without a reason of their own."),
    "con_kind": ("成果类别", "Kind of record"),
    "con_kind_by_headers": ("由表头判断", "judge by the headers"),
    "con_dry_run": ("只检查", "checked only"),
    "con_dry_run_what": (
        "只检查，不写入（不做身份匹配）",
        "Check only: nothing is written, and nobody's identity is looked up",
    ),
    "con_how": ("怎样报送", "How it works"),
    "con_how_formats": (
        "Excel（.xlsx）、CSV、TSV、NDJSON、JSON；旧版 .xls、图片、PDF 不能读取，会说明怎样另存。",
        "Excel (.xlsx), CSV, TSV, NDJSON, JSON. An old .xls, a picture or a PDF cannot be read; you are told how "
        "to save it instead.",
    ),
    "con_how_again": (
        "更正：把改好的行再报一次，银行按课程、学期、考试次序等认出原来的成果。",
        "To correct, send the corrected rows again: the bank recognises the record by course, term and attempt.",
    ),
    "con_how_withdraw": (
        "撤回：列出要撤回的成果（同样的列，或“学习成果编号”一列），用途选“撤回”。",
        "To withdraw, list the records, with the same columns or one of record ids, and choose “withdraw” as the "
        "purpose.",
    ),
    "con_how_larger": (
        "大文件（最大 {n}）自动分部分上传；离开本页后，从“报送文件”中该文件的页面选择同一文件即可继续。",
        "Large files, up to {n}, are sent in parts; if you leave this page, resume from the file's own page by "
        "choosing the same file.",
    ),
    "con_status_receiving": ("接收中", "receiving"),
    "con_status_reading": ("读取中", "being read"),
    "con_status_needs_mapping": ("待确认表头", "columns to be confirmed"),
    "con_status_queued": ("排队中", "queued"),
    "con_status_running": ("写入中", "being written"),
    "con_status_paused": ("暂停", "paused"),
    "con_status_done": ("已完成", "done"),
    "con_status_cancelled": ("已取消", "cancelled"),
    "con_status_failed": ("不能读取", "cannot be read"),
    "con_status_expired": ("已失效", "expired"),
    "con_row_deposited": ("存入", "deposited"),
    "con_row_unchanged": ("未变", "unchanged"),
    "con_row_corrected": ("更正", "corrected"),
    "con_row_held": ("待核", "held"),
    "con_row_refused": ("不予受理", "refused"),
    "con_row_withdrawn": ("撤回", "withdrawn"),
    "con_row_reassigned": ("改派", "reassigned"),
    "con_row_acceptable": ("可以受理", "acceptable"),
    "con_since_open": ("待业务员处理", "waits for an officer"),
    "con_since_resolved": ("其后已处理", "resolved since"),
    "con_since_superseded": ("其后另有报送", "sent anew since"),
    "con_back_files": ("全部文件", "All files"),
    "con_goes_on_at": ("将于 {at} 自动继续。", "It resumes by itself at {at}."),
    "con_same_file": ("此前报送过同一文件：", "The same file was sent before:"),
    "con_same_file_there": ("查看那一次", "see that one"),
    "con_receiving": (
        "已收到 {n} 个部分，等待其余部分；72 小时未传完则失效，此前未写入任何内容。",
        "{n} parts have come, the others are waited for; not whole in 72 hours, it expires. Nothing has been written.",
    ),
    "con_sending": ("已送达 {n}/{all} 部分。", "{n} of {all} parts have arrived."),
    "con_sending_waits": (
        "连接中断。已送达的部分都在，连接恢复后自动继续，请勿关闭本页。",
        "The connection is broken. What has arrived is kept; this goes on by itself once it is back. Leave the page "
        "open.",
    ),
    "con_sending_signed_out": (
        "会话已过期。已送达的部分都在：请在另一个标签页登录，本页随后自动继续。",
        "Your session has ended. What has arrived is kept: sign in in another tab, and this goes on by itself.",
    ),
    "con_sending_other": (
        "这不是同一个文件：大小与开始上传的不同。请选择原来的文件，或取消后重新报送。",
        "This is another file: its size differs. Choose the one that was begun, or cancel this and send it anew.",
    ),
    "con_begun": ("“{name}”（{at}）尚未传完。", "“{name}” ({at}) has not arrived in full."),
    "con_begun_go_on": ("继续上传", "Resume"),
    "con_rest_what": (
        "重新选择“{name}”，只上传还没有送达的部分。",
        "Choose “{name}” again: only what has not arrived is sent.",
    ),
    "con_rest_button": ("继续上传", "Go on"),
    "con_rest_without": (
        "浏览器禁用了脚本，不能续传：请取消这一份，重新报送。",
        "Scripts are off in your browser, so it cannot go on here: cancel this one and send it anew.",
    ),
    "con_needs_mapping": ("请确认各列读作什么。", "Please confirm what each column is."),
    "con_questions_n": ("有 {n} 个问题需要您回答。", "{n} questions wait for your answer."),
    "con_no_questions": (
        "银行已按表头提出对应，核对无误即可确认；以后同样的文件不再询问。",
        "The bank proposes a mapping by your headers: check it and confirm. You will not be asked again about "
        "files like it.",
    ),
    "con_look_at_mapping": ("核对表头对应", "Review the mapping"),
    "con_progress": ("进度", "Progress"),
    "con_progress_n": ("已处理 {done} 行，共 {all} 行", "{done} of {all} rows done"),
    "con_refresh": ("刷新进度", "Refresh"),
    "con_cancelled_after": (
        "停在第 {n} 行之后；此前写入的保留，可另行撤回。",
        "Stopped after row {n}; what was written stays and can be withdrawn.",
    ),
    "con_cancelled_before": ("取消时尚未写入任何内容。", "Nothing had been written when it was cancelled."),
    "con_set_aside": ("不算成果的行", "rows that are no records"),
    "con_was_dry_run": ("只作检查，未写入任何内容。", "This was a check: nothing was written."),
    "con_given_back": ("带结果的原表", "Your file with the outcomes"),
    "con_given_back_what": (
        "原表加“报送结果”“结果说明”两列，出错单元格有底色和批注；改好后原样再报即可。",
        "Your own file with two more columns, and the cells at fault marked with a note. Correct it and send it "
        "again as it is.",
    ),
    "con_report_all": ("下载全部", "Download everything"),
    "con_report_attention": ("只下载需要处理的行", "Download only rows to fix"),
    "con_report_name": (".报送结果", ".report"),
    "con_kept_until": (
        "内容保留到 {day}，此后只留行号与结果。",
        "Kept until {day}; then row numbers and outcomes stay.",
    ),
    "con_rows": ("逐行结果", "Row by row"),
    "con_filter": ("按结果筛选", "By outcome"),
    "con_all_rows": ("全部", "All"),
    "con_outcome": ("结果", "Outcome"),
    "con_record": ("学习成果", "Record"),
    "con_record_open": ("查看成果", "See the record"),
    "con_row_n": ("第 {n} 行", "Row {n}"),
    "con_no_rows": ("没有这种结果的行。", "No rows of this outcome."),
    "con_go_on_title": ("继续写入", "Resume writing"),
    "con_go_on_what": (
        "待核的行已看过：其余各行照常写入，记入日志。",
        "The held rows were looked at: the rest is written, and it is logged.",
    ),
    "done_con_go_on": ("已放行。", "It goes on."),
    "con_cancel_title": ("取消这份报送", "Cancel this file"),
    "con_cancel_what": (
        "在两批之间停下，并说明停在哪一行之后；已写入的保留，可另行撤回。",
        "It stops between two batches and says after which row; what was written stays and can be withdrawn.",
    ),
    "done_con_cancel": ("已取消。", "It is cancelled."),
    # a row
    "con_sheet": ("工作表", "Sheet"),
    "con_as_sent": ("报送的原文", "As it was sent"),
    "con_cell": ("单元格", "Cell"),
    "con_header": ("表头", "Header"),
    "con_content": ("内容", "Content"),
    "con_at_fault": ("有误", "error"),
    "con_mend": (
        "更正这一行：在原表中改好后再报送，其他行不受影响。",
        "To correct this row, fix it in your file and send the file again; other rows are not affected.",
    ),
    # the mapping
    "con_mapping": ("表头对应", "Column mapping"),
    "con_mapping_lead": (
        "左边是您的表头和样例，右边是银行读作的内容。可以改；先试读，再确认。",
        "Your headers with sample values, and what the bank would read each one as. Change what is wrong, preview, "
        "then confirm.",
    ),
    "con_mapping_over": (
        "这份文件现在不需要确认表头，以下仅供查看。",
        "This file does not wait for its columns now; this is only to look at.",
    ),
    "con_the_table": ("表格", "The table"),
    "con_as_saved": ("按已保存的对应读取。", "Read by the mapping that was saved."),
    "con_use_sheet": ("读取这张工作表", "Read this sheet"),
    "con_kind_changed": (
        "改了类别，请先按“试读”，各列可选的内容随之改变。",
        "After changing the kind press “Preview”: the choices for each column change with it.",
    ),
    "con_samples": ("样例", "Samples"),
    "con_read_as": ("读作", "Read as"),
    "con_no_header": ("（无表头）", "(no header)"),
    "con_not_read": ("不读取", "not read"),
    "con_why_header": ("按表头", "by the header"),
    "con_why_content": ("按内容", "by the content"),
    "con_why_both": ("按表头和内容", "by header and content"),
    "con_why_saved": ("按已保存的对应", "as saved"),
    "con_why_known": ("认得的表头，不读取", "a known header, not read"),
    "con_constants": ("没有单独一列的内容", "What no column gives"),
    "con_constants_what": (
        "对全表适用的值，只对这份文件有效。姓名、学号、证件号码和编号须在表中有列。",
        "One value for all rows, for this file only. Names and numbers of persons or records need columns.",
    ),
    "con_source": ("取自", "From"),
    "con_source_none": ("没有", "nowhere"),
    "con_source_value": ("固定值（填在下面）", "one value, below"),
    "con_source_title": ("表头上方的文字", "the lines above the header"),
    "con_source_term_end": ("该学期最后一天", "the last day of the term"),
    "con_value": ("固定值", "Value"),
    "con_confirm": ("确认，开始写入", "Confirm and write"),
    "con_try": ("试读", "Preview"),
    "con_confirm_what": (
        "试读不写入任何内容。确认后整份文件按此读取，并保存下来供以后的文件使用。",
        "A preview writes nothing. Once confirmed, the whole file is read this way, and the mapping is kept for "
        "later files.",
    ),
    "done_con_mapping": ("表头对应已确认并保存。", "The mapping is confirmed and saved."),
    "con_first_rows": ("前几行会读作", "How the first rows would be read"),
    "con_proposed_so": ("按银行提出的对应：", "With the proposed mapping:"),
    "con_tried_so": ("按您上面所选（尚未写入）：", "With what you chose above (nothing has been written):"),
    "con_nothing_read_yet": ("先回答上面的问题，再试读。", "Answer the questions above, then preview."),
    "con_whose": ("学习者", "Learner"),
    "con_would_be": ("读作", "Read as"),
    "con_reads_row": ("成果", "a record"),
    "con_reads_set_aside": ("不算成果", "not a record"),
    "con_reads_fault": ("有误", "error"),
    "con_mappings": ("已保存的表头对应", "Saved mappings"),
    "con_mappings_lead": (
        "以后的文件按这些对应读取，最近确认的在前。停用后，同样的文件会再问您一次。",
        "Later files are read by these, the most recently confirmed first. After you stop using one, you are asked "
        "again about files like it.",
    ),
    "con_confirmed_at": ("{at} 确认", "confirmed {at}"),
    "con_retire_title": ("停用", "Stop using it"),
    "con_retire_what": (
        "以后同样表头的文件会再次等您确认；已报送的不受影响。",
        "Later files with these headers wait for you again; what was sent stays as it is.",
    ),
    "done_con_retire": ("已停用。", "It is not used any more."),
    "con_no_mappings": ("还没有保存的对应。", "No mapping has been saved yet."),
}
