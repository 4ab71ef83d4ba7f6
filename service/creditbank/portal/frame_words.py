"""What every page says around its own content: the ways, the next pages of a list, the states any page can be in."""

from __future__ import annotations

from collections.abc import Mapping

FRAME_WORDS: Mapping[str, tuple[str, str]] = {
    "nav_ways": ("主导航", "Main"),
    "nav_home": ("我的主页", "My page"),
    "nav_transcript": ("学习档案", "Transcript"),
    "nav_worth": ("学分转换", "Conversion"),
    "nav_claims": ("我的申请", "Claims"),
    "nav_pathways": ("升学通道", "Pathways"),
    "nav_inbox": ("收件箱", "Inbox"),
    "nav_shares": ("授权查询", "Shares"),
    "nav_account": ("我的账户", "My account"),
    "nav_console": ("报送与办理", "Console"),
    "nav_desk": ("贯通培养", "Pathways"),
    "nav_office": ("业务管理", "Office"),
    "nav_rules": ("规则", "Rules"),
    "nav_dashboard": ("数据概览", "Dashboard"),
    "nav_password": ("修改密码", "Change password"),
    "page_nav": ("翻页", "Pages of the list"),
    "page_first": ("回到第一页", "First page"),
    "page_too_many": (
        "这里只列出等待最久的 {n} 个班，其余见",
        "Only the {n} that waited longest are listed; see all under",
    ),
    # a session that ended while somebody was typing
    "lapse_unsent": (
        "您较长时间没有操作，登录已失效，刚才提交的内容尚未办理。",
        "You were away for a while and the session has ended: what you just sent was not done.",
    ),
    "lapse_kept": (
        "您填写的内容没有丢失。请重新登录，再确认是否提交。",
        "What you typed is not lost. Sign in again, then confirm that it is to be sent.",
    ),
    "lapse_kept_but_file": (
        "您填写的内容没有丢失，所选的文件没有收到。请重新登录，再选择一次文件。",
        "What you typed is not lost, but the file was not taken. Sign in again, then choose the file once more.",
    ),
    "lapse_not_kept": (
        "请重新登录后再次填写；如有文件，请重新选择。",
        "Sign in again and fill the form in once more; a file has to be chosen again.",
    ),
    "lapse_title": ("继续刚才的办理", "Go on with what you were doing"),
    "lapse_send_lead": (
        "您已重新登录。刚才填写的内容还没有提交，是否现在提交？",
        "You are signed in again. What you filled in has not been sent yet. Send it now?",
    ),
    "lapse_file_lead": (
        "您已重新登录。所选的文件没有收到，须再选择一次；其余各项已为您保留。",
        "You are signed in again. The file was not taken and has to be chosen once more; the rest is kept for you.",
    ),
    "lapse_file": ("去选择文件", "Choose the file"),
    "lapse_send": ("提交", "Send it"),
    "lapse_leave": ("不提交，返回页面", "Do not send it; back to the page"),
    "lapse_another": (
        "刚才的内容是以另一个身份填写的，没有提交，也不再保留。",
        "What was filled in belonged to another sign-in: it was not sent, and it is not kept.",
    ),
    "lapse_on": ("继续", "Go on"),
    # activating an account, and one's own password
    "act_title": ("激活账户", "Activate your account"),
    "act_lead": (
        "学校、培训机构或学分银行为您开立账户后，会当面交给您一个一次性激活码。激活后即可登录。",
        "When a school, a training provider or the bank opened your account, it handed you a one-time code. With it "
        "you choose how to sign in.",
    ),
    "act_given": ("您拿到的信息", "What you were given"),
    "act_chosen": ("您自己设定", "What you choose"),
    "f_account_no": ("账户号码", "Account number"),
    "f_holder": ("姓名", "Name"),
    "f_code": ("激活码", "Activation code"),
    "f_login_name": ("登录名", "Login name"),
    "f_password": ("新密码", "New password"),
    "f_old_password": ("原密码", "Old password"),
    "act_number_help": ("十二位数字，空格可有可无。", "Twelve digits; spaces do not matter."),
    "act_name_help": ("与身份证件上一致。", "As in your identity document."),
    "act_code_help": (
        "十二个字母和数字，不分大小写，三十天内有效，只能使用一次。",
        "Twelve letters and digits in either case; good for thirty days, and once.",
    ),
    "act_login_help": (
        "至少三个字符，不含空格，由您自己取。",
        "Three characters or more, without spaces, as you like.",
    ),
    "act_password_help": (
        "至少十个字符，不要只用姓名、登录名或账户号码。",
        "Ten characters or more, and not just your name, login name or account number.",
    ),
    "act_password_what": (
        "修改后，下次登录使用新密码。忘记原密码，请携带证件到学分银行办理。",
        "You sign in with the new one from then on. If you forgot the old one, come to the bank with your document.",
    ),
    "act_again": ("再输入一次新密码", "The new password again"),
    "act_again_differs": ("两次输入的新密码不一致，请重新输入。", "The two new passwords differ. Type them again."),
    "act_button": ("激活并登录", "Activate and sign in"),
    "act_lost": (
        "激活码遗失或过期，请学校或培训机构重新发放。已激活而忘记登录名或密码，由学分银行核实身份后重新发放。",
        "If the code is lost or too old, ask your school or training provider for a new one. If the account was "
        "activated before and you lost the login, the bank issues a code after checking who you are.",
    ),
    "act_already": ("已激活？去登录", "Activated already? Sign in"),
    "act_here": ("我有激活码", "I have an activation code"),
    "done_password": ("密码已修改，下次登录请使用新密码。", "The password was changed. Use it when you sign in next."),
}
