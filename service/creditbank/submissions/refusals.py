"""Why a submission cannot go on, or a row of it cannot be taken: each a sentence that says what to do next."""

from __future__ import annotations

from creditbank.errors import BankError


class FileTooLarge(BankError):
    """More bytes than the bank takes in one file."""

    status = 413
    code = "file_too_large"
    zh = "文件超过上限 {limit_mib} MiB，未接收。请按学期或年级拆分后分别报送。"
    en = "The file is larger than {limit_mib} MiB and was not taken. Split it, by term or year, and send each part."


class PartDiffers(BankError):
    """A part with this number is there already, with other bytes."""

    status = 409
    code = "part_differs"
    zh = "第 {part} 部分已收到，内容与本次不同，本次未接收。文件若已改动，请新建报送。"
    en = "Part {part} is here already with other bytes; this one was not taken. For a changed file, begin anew."


class PartEmpty(BankError):
    """A part without a byte."""

    status = 422
    code = "part_empty"
    zh = "第 {part} 部分没有内容，未接收。"
    en = "Part {part} has no content and was not taken."


class PartsMissing(BankError):
    """The file was said to be complete and is not."""

    status = 409
    code = "parts_missing"
    zh = "共 {parts} 部分，尚缺第 {missing} 部分。请补传后再确认完成。"
    en = "Of {parts} parts, part {missing} has not come. Send it, then complete the file again."


class SizeDiffers(BankError):
    """The bytes that came are not as many as were announced."""

    status = 409
    code = "size_differs"
    zh = "收到 {received} 字节，事先说明为 {announced} 字节。请核对文件后新建报送。"
    en = "{received} bytes came and {announced} were announced. Check the file and begin anew."


class FileDiffers(BankError):
    """The bytes that came are not those whose digest was announced."""

    status = 422
    code = "file_differs"
    zh = "收到的文件与说明的 SHA-256 不符，可能在传输中损坏。未写入任何内容，请重新报送。"
    en = "The file that came is not the one whose SHA-256 was announced. Nothing was written; send it again."


class NoLongerReceiving(BankError):
    """The file is complete, or has ended: no part is taken any more."""

    status = 409
    code = "no_longer_receiving"
    zh = "该报送已不再接收内容（当前状态：{status}）。新的文件请新建报送。"
    en = "This submission takes no more content (it is {status}). Begin a new one for a new file."


class NothingToMap(BankError):
    """No mapping is waited for."""

    status = 409
    code = "nothing_to_map"
    zh = "该报送当前不需要确认表头对应（状态：{status}）。"
    en = "This submission does not wait for a column mapping (it is {status})."


class MappingDoesNotFit(BankError):
    """The mapping that was confirmed cannot read this file."""

    status = 409
    code = "mapping_does_not_fit"
    zh = "按此对应无法读取该文件：{why_zh}"
    en = "This file cannot be read by that mapping: {why_en}"


class SubmissionEnded(BankError):
    """It is done, cancelled or refused: nothing of it can be stopped or continued."""

    status = 409
    code = "submission_ended"
    zh = "该报送已结束（{status}），不能再更改。"
    en = "This submission has ended ({status}) and cannot be changed."


class NotPaused(BankError):
    """Nothing holds it up."""

    status = 409
    code = "submission_not_paused"
    zh = "该报送并未暂停（当前状态：{status}）。"
    en = "This submission is not paused (it is {status})."


class ContentErased(BankError):
    """The retention date has passed: row numbers and outcomes are left, the rows are not."""

    status = 410
    code = "submission_content_erased"
    zh = "该报送的内容已过保留期并销毁，仅保留行号与结果（见 /rows）。"
    en = "The content of this submission was kept until its retention date; row numbers and outcomes are left (/rows)."


class NotReadYet(BankError):
    """The file has not been read: there is nothing to show of it."""

    status = 409
    code = "submission_not_read_yet"
    zh = "该报送尚未读取（状态：{status}），请稍后再试。"
    en = "This submission has not been read yet (it is {status}). Try again later."


class UnexpectedFault(BankError):
    """The bank's own mistake with one row: the others went on."""

    status = 500
    code = "row_not_processed"
    zh = "系统处理该行时出错，未写入。错误已记录；请稍后重新报送该行。"
    en = "The bank failed on this row and wrote nothing of it. It has been logged; send the row again later."


class TooManyIdentityHolds(BankError):
    """So many rows were held for identity that the rest waits."""

    status = 409
    code = "too_many_identity_holds"
    zh = "今日待人工核对身份的行过多，报送已暂停，将自动继续；也可联系学分银行业务员。已处理的行不受影响。"
    en = (
        "Too many rows await an identity review today: the submission is paused and goes on by itself, or sooner when "
        "an officer of the bank lets it. Rows that are done are not touched."
    )


class RecordToWithdrawUnknown(BankError):
    """No record of the institution's own is what the row names."""

    status = 422
    code = "record_to_withdraw_unknown"
    zh = "没有找到本机构报送的这条学习成果。请核对编号或各列内容。"
    en = "No record that your institution reported is this one. Check the identifier or the columns."


class ReasonMissing(BankError):
    """A withdrawal or reassignment says why."""

    status = 422
    code = "reason_missing"
    zh = "撤回或改派须说明原因：请在“原因”列填写，或在新建报送时给出。"
    en = "Say why: fill the column of reasons, or give one when the submission is begun."


class PeriodUnknown(BankError):
    """The institution has no such term, so that nothing can be reconciled for it."""

    status = 404
    code = "period_unknown"
    zh = "没有找到该机构的这个学期，或没有任何报送。"
    en = "There is no such term of the institution, or nothing was sent for it."
