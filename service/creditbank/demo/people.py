"""Invented people: names, birthdays and identity numbers that nobody has.

Identity numbers are of region 139900, which GB/T 2260 assigns to no place, with the check character of GB 11643
(ISO 7064 MOD 11-2).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any, Literal

REGION = "139900"
Sex = Literal["male", "female"]

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_GIVEN = {
    "male": "伟强磊军洋勇杰涛明超亮刚平辉鹏飞鑫波斌宇浩凯健俊帆帅旭宁龙林阳建华志远子轩浩然博文天佑嘉诚晨阳家豪思源俊",
    "female": "芳娜敏静丽艳娟霞秀兰玲桂英燕红梅莉颖雪倩婷慧莹琳萍晶佳欣怡子涵雨桐诗琪梦瑶思颖若曦语嫣可馨晓彤美玲欣悦",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist."""

    name: str
    sex: Sex
    born_on: date
    document_kind: str
    number: str

    def known_by(self, student_no: str | None = None, *, document: bool = True) -> dict[str, Any]:
        """The `learner` of a row: with the document, with a student number, or with both."""
        said: dict[str, Any] = {"name": self.name}
        if document:
            said["document"] = {"kind": self.document_kind, "number": self.number}
        if student_no is not None:
            said["student_no"] = student_no
        return said

    def called(self, name: str) -> Person:
        """The same person under another name."""
        return replace(self, name=name)


class Registry:
    """Where people are thought up: the same ones for the same seed, no two of one name unless it is said."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._names: set[str] = set()
        self._born: Counter[tuple[date, Sex]] = Counter()

    def reserve(self, *names: str) -> None:
        """Names that somebody in particular has."""
        self._names.update(names)

    def somebody(self, *, born_in: int) -> Person:
        """Anybody born in a year."""
        sex: Sex = self._random.choice(("male", "female"))
        born_on = date(born_in, 1, 1) + timedelta(days=self._random.randrange(365))
        return self.person(self._name(sex), sex, born_on)

    def person(self, name: str, sex: Sex, born_on: date) -> Person:
        """Somebody in particular, with a resident's number."""
        self._names.add(name)
        return Person(name, sex, born_on, "resident_id", self._number(sex, born_on))

    def _name(self, sex: Sex) -> str:
        while True:
            letters = self._random.sample(_GIVEN[sex], self._random.choice((1, 2, 2, 2)))
            name = self._random.choice(_SURNAMES) + "".join(letters)
            if name not in self._names:
                return name

    def _number(self, sex: Sex, born_on: date) -> str:
        """The order number of a day is odd for men and even for women (GB 11643 §3.3)."""
        self._born[born_on, sex] += 1
        order = 2 * self._born[born_on, sex] - (sex == "male")
        seventeen = f"{REGION}{born_on:%Y%m%d}{order:03d}"
        return seventeen + check_character(seventeen)


def check_character(seventeen: str) -> str:
    """The eighteenth character of an identity number."""
    weighed = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(seventeen))
    return "10X98765432"[weighed % 11]
