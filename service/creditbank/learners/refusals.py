"""What the bank says when it cannot do what was asked about a learner's account."""

from __future__ import annotations

from creditbank.errors import BankError


class IdentityUnderReview(BankError):
    """The one thing that an institution learns of any doubt about who somebody is."""

    status = 202
    code = "identity_under_review"
    zh = "身份信息须由学分银行人工核对，本次未开立账户。请核对姓名与证件号码；无误的，请联系学分银行。"
    en = "The bank's officers have to look at this identity; no account was opened. Check the name and the number, and "
    en += "if both are right, ask the bank."


class AccountClosed(BankError):
    """Nothing more is done for a closed account."""

    status = 409
    code = "learner_account_closed"
    zh = "该账户已注销。"
    en = "This account is closed."


class AccountNotClosed(BankError):
    """Erasing what cannot be brought back takes two acts: closing comes first."""

    status = 409
    code = "account_not_closed"
    zh = "请先注销账户，再删除其个人信息。"
    en = "Close the account first, then erase its personal data."


class AlreadyErased(BankError):
    """What was sealed for this learner can be read by nobody any more."""

    status = 409
    code = "already_erased"
    zh = "该学习者的个人信息已删除，无法再读取或补充。"
    en = "The personal data of this learner have been erased: they can neither be read nor added to."


class AccountAlreadyActivated(BankError):
    """A second way into an account is an officer's to give, never a school's."""

    status = 409
    code = "account_already_activated"
    zh = "该账户已激活。忘记登录名或密码的，请本人持证件到学分银行办理。"
    en = "This account is activated already. Whoever has lost their login goes to the bank with their document."


class NotReportedYet(BankError):
    """An institution hands out codes to its own learners: enrolled there, or with a record from there."""

    status = 409
    code = "not_reported_yet"
    zh = "贵机构尚未报送该学习者的学籍或学习成果。请先报送，再发放激活码。"
    en = "Your institution has reported no enrolment and no record of this learner yet. Report one first."


class AnotherSchoolActs(BankError):
    """What others have reported of a learner is not opened by whoever reports something too."""

    status = 409
    code = "another_school_acts"
    zh = "其他机构已为该学习者报送或开户。请由其学籍所在学校办理，或由本人持证件到学分银行办理。"
    en = "Another institution has reported this learner or opened the account. The school that enrolled the learner "
    en += "does this, or an officer of the bank, to whom the learner shows their document."


class BirthDateNeeded(BankError):
    """Whether a guardian is needed depends on the age, and this kind of document does not tell it."""

    status = 409
    code = "birth_date_needed"
    zh = "该证件号码不含出生日期。请按证件填写出生日期（birth_on）。"
    en = "The number of this document does not tell the date of birth. Give it as the document shows it (birth_on)."


class BirthDateDiffers(BankError):
    """A date of birth that contradicts what the bank knows from a document."""

    status = 409
    code = "birth_date_differs"
    zh = "出生日期与已登记的证件不一致。请核对证件。"
    en = "The date of birth is not that of the document on file. Check the document."


class BirthDateImpossible(BankError):
    """A date of birth that contradicts the number beside it, or that nobody can have."""

    status = 422
    code = "birth_date_impossible"
    zh = "出生日期与证件号码不符，或不可能成立。请按证件填写。"
    en = "The date of birth contradicts the document's number, or cannot be one. Copy it from the document."


class ActivationRefused(BankError):
    """The account is unknown, the name another, the code wrong, used, withdrawn or expired: nobody is told which."""

    status = 403
    code = "activation_refused"
    zh = "账户号码、姓名与激活码不相符，或激活码已失效。请核对，或请学校重新发放激活码。"
    en = "Account number, name and code do not go together, or the code is no longer valid. Check them, or ask your "
    en += "school for a new code."


class RealNameNotConfirmed(BankError):
    """The check of real names that this bank uses said no."""

    status = 403
    code = "real_name_not_confirmed"
    zh = "实名核验未通过，账户未激活。请本人持证件到学校或学分银行办理。"
    en = "The check of your real name did not pass; the account is not activated. Go to your school or the bank with "
    en += "your document."


class PasswordGuessable(BankError):
    """A password that is little more than what others know of its owner."""

    status = 422
    code = "password_guessable"
    zh = "密码不能只由您的登录名、姓名或账户号码构成。请换一个。"
    en = "A password must not be little more than your login name, your name or your account number. Choose another."


class GuardianNeeded(BankError):
    """Under fourteen nothing goes without a recorded guardian."""

    status = 409
    code = "guardian_needed"
    zh = "不满十四周岁，须先由学校或学分银行登记监护人。"
    en = "Under fourteen a guardian has to be recorded first, by the school or the bank."


class GuardianActs(BankError):
    """A child under fourteen may look; what binds is the guardian's to do."""

    status = 403
    code = "guardian_acts"
    zh = "不满十四周岁，此事须由已登记的监护人办理。"
    en = "Under fourteen this is for the recorded guardian to do."


class GuardianNotNeeded(BankError):
    """From the fourteenth birthday on people act for themselves here."""

    status = 409
    code = "guardian_not_needed"
    zh = "该学习者已满十四周岁，由本人办理，无需登记监护人。"
    en = "This learner is fourteen or older and acts for themselves; no guardian is recorded."


class GuardianTooYoung(BankError):
    """A guardian is of age."""

    status = 409
    code = "guardian_too_young"
    zh = "监护人应年满十八周岁。请核对证件号码。"
    en = "A guardian is eighteen or older. Check the document's number."


class GuardianUnderReview(BankError):
    """There is a doubt about who the guardian is: an officer looks, nothing was recorded, and no ground is given."""

    status = 409
    code = "guardian_under_review"
    zh = "监护人的身份信息须由学分银行人工核对，本次未登记。请核对姓名与证件号码，或联系学分银行。"
    en = "The bank's officers have to look at the guardian's identity; nothing was recorded. Check name and number, or "
    en += "ask the bank."


class GuardianRecordedAlready(BankError):
    """The same guardian is on file for this child."""

    status = 409
    code = "guardian_recorded_already"
    zh = "这位监护人已登记。"
    en = "This guardian is recorded already."


class NoChildToActFor(BankError):
    """A guardian whose children are fourteen, or who is no longer recorded for any."""

    status = 403
    code = "no_child_to_act_for"
    zh = "您名下没有不满十四周岁的被监护人。孩子年满十四周岁后，由本人激活账户并办理。"
    en = "No child under fourteen is recorded with you. From the fourteenth birthday on children activate their "
    en += "account and act themselves."


class NameAlreadyCurrent(BankError):
    """The learner is called so already."""

    status = 409
    code = "name_already_current"
    zh = "该姓名就是现用名。"
    en = "That is the learner's name already."


class DocumentAlreadyRecorded(BankError):
    """The learner has this document on file."""

    status = 409
    code = "document_already_recorded"
    zh = "该证件已登记在此账户名下。"
    en = "This document is recorded for this learner already."


class DocumentOfAnother(BankError):
    """The number has an account of its own; said to officers only."""

    status = 409
    code = "document_of_another"
    zh = "该证件号码已属于另一账户 {account_no}。确为同一人的，请合并账户。"
    en = "This number belongs to another account, {account_no}. If both are one person, merge the accounts."


class PurposeMissing(BankError):
    """Whoever looks at somebody's account by office says what for."""

    status = 400
    code = "purpose_missing"
    zh = "请在 purpose 中说明查询目的，将记入访问日志。"
    en = "Say in `purpose` what you look for: it goes into the log of access."
