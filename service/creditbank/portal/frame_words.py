"""What every page says around its own content: the ways, the next pages of a list, the states any page can be in."""

from __future__ import annotations

from collections.abc import Mapping

FRAME_WORDS: Mapping[str, tuple[str, str]] = {
    "nav_ways": ("主导航", "Main"),
    "nav_home": ("我的主页", "My page"),
    "nav_transcript": ("学习档案", "Transcript"),
    "nav_worth": ("学分转换", "What it is worth"),
    "nav_claims": ("我的申请", "Claims"),
    "nav_pathways": ("升学通道", "Where to go"),
    "nav_inbox": ("收件箱", "Inbox"),
    "nav_shares": ("授权查询", "Shares"),
    "nav_account": ("我的账户", "My account"),
    "nav_console": ("报送与办理", "Console"),
    "nav_desk": ("贯通培养", "Pathways"),
    "nav_office": ("业务管理", "Office"),
    "nav_dashboard": ("数据概览", "Dashboard"),
    "nav_password": ("修改口令", "Password"),
}
