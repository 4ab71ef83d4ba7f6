"""What the command line can be told, with its help in Chinese and English."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from creditbank_client.showing import Language
from creditbank_client.submitting import LARGEST_PART, MIB, PART

STATUSES = {
    0: ("全部行已存入、未变或已更正", "every row deposited, unchanged or corrected"),
    1: ("有行不予受理或待核，或中途取消", "some rows refused or held, or cancelled midway"),
    2: ("用法有误，或读写不了文件", "usage, or a file that cannot be read or written"),
    3: ("须由人确认列对应", "a person has to confirm the column mapping"),
    4: ("整份文件不予受理", "the file as a whole refused"),
    5: ("未登录或无权", "not signed in, or not allowed"),
    6: (
        "连不上学分银行，或尚未办完；稍后再运行同一命令",
        "bank not reached or not done yet: run the same command later",
    ),
    130: ("被中断；再运行同一命令即可继续", "interrupted: the same command goes on"),
}


class Parser(argparse.ArgumentParser):
    """Usage errors end with status 2; where to look is said in the caller's language."""

    language: Language = "zh"

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave."""
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: {'用法有误：' if self.language == 'zh' else ''}{message}\n")


Option = Callable[..., None]


def language_of(argv: Sequence[str], environ: Mapping[str, str]) -> Language:
    """The language asked for, else English where the environment is English, else Chinese."""
    early = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    early.add_argument("--language")
    asked = early.parse_known_args(argv)[0].language if "--language" not in argv[-1:] else None
    if asked in {"zh", "en"}:
        return "zh" if asked == "zh" else "en"
    place = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "en" if place.lower().startswith("en") else "zh"


def parser_in(language: Language) -> argparse.ArgumentParser:
    """The parser; `command` names what was chosen."""

    def say(zh: str, en: str) -> str:
        return zh if language == "zh" else en

    option = _option_in(language)
    shared = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    statuses = "\n".join(f"  {status:>3}  {say(*meaning)}" for status, meaning in STATUSES.items())
    parser = Parser(
        prog="creditbank-client",
        description=say("学分银行客户端：报送、查询、撤回学习成果", "Report, follow and withdraw learning results"),
        epilog=say("退出状态：", "exit statuses:") + "\n" + statuses,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    Parser.language = language
    parser.set_defaults(json=False, language=language)
    for place in (parser, shared):  # before the command or after it
        option(place, "--json", "标准输出只输出 JSON", "JSON on standard output", action="store_true",
               default=argparse.SUPPRESS)  # fmt: skip
        option(place, "--language", "语言", "language", choices=("zh", "en"), default=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)

    def command(name: str, zh: str, en: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, parents=[shared], help=say(zh, en), description=say(zh, en))

    login = command("login", "登录并保存密钥（仅本用户可读）", "sign in and keep the secret for this user only")
    option(login, "--base-url", "学分银行地址", "address of the bank")
    option(login, "--client-id", "客户端编号", "client id")
    option(login, "--secret-file", "存有密钥的文件", "file that holds the secret", type=Path)

    submit = command("submit", "报送一份文件", "submit a file")
    _about_a_file(submit, option)

    status = command("status", "查看报送", "look at submissions")
    status.add_argument("id", nargs="?", metavar="ID")
    option(status, "--limit", "最多几份", "how many at most", type=int, default=20, metavar="N")

    withdraw = command("withdraw", "撤回一条学习成果", "withdraw one record")
    withdraw.add_argument("record_id", metavar="RECORD_ID")
    option(withdraw, "--reason", "原因", "why", required=True)

    changes = command("changes", "接收变更，每行一条 JSON", "follow changes, one JSON document a line")
    option(changes, "--position", "保存位置的文件", "keeps the position", type=Path, required=True, metavar="FILE")
    option(changes, "--follow", "持续接收", "go on waiting for more", action="store_true")

    report = command("report", "下载报送结果工作簿", "save the annotated workbook")
    report.add_argument("id", metavar="ID")
    option(report, "--output", "存为", "save as", type=Path, metavar="FILE.xlsx")
    option(report, "--attention", "只含须处理的行", "only rows that need attention", action="store_true")

    cancel = command("cancel", "停止一份报送", "stop a submission")
    cancel.add_argument("id", metavar="ID")

    reconciliation = command("reconciliation", "按学期对账", "what was sent and what the bank holds of a term")
    option(reconciliation, "--year", "学年", "academic year", required=True, metavar="2023-2024")
    option(reconciliation, "--term", "学期", "term", type=int, required=True, metavar="1")
    option(reconciliation, "--output", "存为", "save as", type=Path, metavar="FILE.xlsx")
    return parser


def _option_in(language: Language) -> Option:
    """Add an option with its help in one language."""

    def option(of: argparse._ActionsContainer, name: str, zh: str, en: str, **said: Any) -> None:
        of.add_argument(name, help=zh if language == "zh" else en, **said)

    return option


def _about_a_file(submit: argparse.ArgumentParser, option: Option) -> None:
    submit.add_argument("file", type=Path, metavar="FILE")
    option(submit, "--dry-run", "只检查，不写入", "check and write nothing", action="store_true")
    act, chosen = submit.add_mutually_exclusive_group(), {"dest": "act", "action": "store_const"}
    option(act, "--withdraw", "撤回文件所列成果", "withdraw the records listed", const="withdraw", **chosen)
    option(act, "--reassign", "改派文件所列成果", "reassign the records listed", const="reassign", **chosen)
    submit.set_defaults(act="report")
    option(submit, "--reason", "撤回或改派的原因", "why they are withdrawn or reassigned")
    option(submit, "--kind", "成果类别，如 course_result", "kind of record, such as course_result")
    mapping = ("须确认列对应时采用该文件", "the column mapping, should one be needed")
    option(submit, "--mapping", *mapping, type=Path, metavar="FILE.json")
    yes = ("没有疑问时直接采用建议的列对应", "take the proposed mapping if no question is open")
    option(submit, "--yes", *yes, action="store_true")
    no_report = ("不保存报送结果工作簿", "do not save the annotated workbook")
    option(submit, "--no-report", *no_report, dest="report", action="store_false")
    option(submit, "--no-wait", "传完即止", "leave once it is sent", dest="wait", action="store_false")
    anew = ("不接续上次，重新开始", "begin anew, whatever was begun")
    option(submit, "--no-resume", *anew, dest="resume", action="store_false")
    folder = ("结果与续传状态的存放处（默认在文件旁）", "where report and state go, if not beside")
    option(submit, "--folder", *folder, type=Path)
    size = ("每部分大小，1 至 8 MiB，默认 4", "size of a part: 1 to 8 MiB, 4 unless said")
    option(submit, "--part-size", *size, type=_part_size, default=PART, metavar="MIB")
    option(
        submit, "--show", "列出多少问题行，默认 20", "rows to print: 20 unless said", type=int, default=20, metavar="N"
    )


def _part_size(said: str) -> int:
    size = int(said) * MIB
    if not MIB <= size <= LARGEST_PART:
        raise argparse.ArgumentTypeError("1-8")
    return size
