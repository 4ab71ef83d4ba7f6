"""How the city's two cohorts come to their rounds: agreed, filed, admitted, sat, decided, published and objected to.

Everything is asked for where it was left: a start after a cut, or one that has lost what it wrote down, does nothing
twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from creditbank.demo import shelf
from creditbank.demo.acts import let_in
from creditbank.demo.bank import Calls, DemoRefused, Row
from creditbank.demo.city import institution
from creditbank.demo.history import History
from creditbank.demo.pathway_people import (
    BELOW,
    CORRECTED_PUPIL,
    FIRST,
    GIVES_UP,
    LEFT_OUT,
    OBJECTED_OUT,
    RESAT,
    SANCTIONED,
    SUSPENDED,
    TAKEN_OF_THE_TIED,
    THREE_FOUR,
    THREE_TWO,
    UNFIT,
    WAYS,
    Way,
    member_no,
    name_of,
)
from creditbank.demo.shelf import File
from creditbank.demo.stories import Story

if TYPE_CHECKING:
    from creditbank_client import Client

AGREED_ON, UNTIL = "2023-09-01", "2030-08-31"
YEAR = 2023
DECIDED_ON = "2026-09-02"
"""The last day for scores, on which the rounds are decided."""

LOGINS = (
    (THREE_TWO, GIVES_UP, "liang.ziting", "三二分段转段已录取，定案后放弃；公示时曾对他人成绩提出异议，经核查更正。"),
    (THREE_FOUR, FIRST, "yuan.pingqian", "中本贯通转段第一名，已转入本科；没有授权使用中职成绩，约定课程未转换。"),
)
"""Of whoever has a hand in it; the two from the technician's class 吴昊然 and 吴浩然 can sign in already."""


def steps(calls: Calls, history: History) -> list[tuple[str, Callable[[], object]]]:
    """What is done on the day on which lists are published, each by its name."""
    found: list[tuple[str, Callable[[], object]]] = [("members let in", partial(_let_in, calls, history))]
    for way in WAYS:
        found += [
            (f"agreement of {way.key}", partial(_agreed, calls, way)),
            (f"cohort of {way.key}", partial(_admitted, calls, way)),
        ]
    return [
        *found,
        ("scores of three_two", partial(_scores_of_three_two, calls)),
        ("list of three_two", partial(_decided_three_two, calls)),
        ("objections to three_two", partial(_objections_to_three_two, calls)),
        ("scores of three_four", partial(_scores_of_three_four, calls)),
        ("list of three_four", partial(_decided_three_four, calls)),
        ("objections to three_four", partial(_objections_to_three_four, calls)),
    ]


def _let_in(calls: Calls, history: History) -> None:
    for way, student_no, login, sentence in LOGINS:
        person = next(one for one in history.people if one.name == name_of(history, way, student_no))
        let_in(calls, Story(person, login, way.school, sentence))


# --- agreement and cohort -------------------------------------------------------------------------------------------


def _agreed(calls: Calls, way: Way) -> None:
    """Proposed by the college, signed by the school, filed by an officer, with the places of the year."""
    found = pathway_of(calls, way)
    if found is None:
        found = calls.person(f"{way.college}.registrar").post("/v1/pathways", _proposed(calls, way))
    path = f"/v1/pathways/{found['pathway_id']}"
    if found["state"] == "proposed":
        calls.person(f"{way.school}.registrar").post(f"{path}/signature")
    officer = calls.person("demo.officer")
    if found["state"] in ("proposed", "signed"):
        officer.post(f"{path}/filing", {"filing_no": way.filing_no})
    if not officer.pathway(found["pathway_id"])["intakes"]:
        said = {"year": YEAR, "quota": way.quota, "progression_quota": way.seats, "published_on": "2023-06-20"}
        officer.post(f"{path}/intakes", {**said, "notice_no": "演示计划〔2023〕3号", "source": "演示数据"})


def _proposed(calls: Calls, way: Way) -> Row:
    stages = [
        {"year": year, "at": "school" if year <= way.years_at_school else "college"} for year in range(1, way.years + 1)
    ]
    return {
        "kind": way.kind,
        "name": way.name,
        "name_en": way.name_en,
        "province": "hebei",
        "track": way.track,
        "school_id": institution(way.school).institution_id,
        "school_programme_id": _programme_id(calls, way.school, way.school_programme),
        "college_id": institution(way.college).institution_id,
        "college_programme_id": _programme_id(calls, way.college, way.college_programme),
        "stages": stages,
        "class_size": 40,
        "valid_from": AGREED_ON,
        "valid_until": UNTIL,
        "said": dict(way.said),
        "courses": [{"school_course_code": one, "college_course_code": other} for one, other in way.courses],
        "source": "演示数据，非学校公布",
    }


def _programme_id(calls: Calls, key: str, code: str) -> str:
    path = f"/v1/institutions/{institution(key).institution_id}/programmes"
    found = calls.person("demo.officer").get(path, limit=200)["items"]
    return str(next(one["programme_id"] for one in found if one["code"] == code))


def _admitted(calls: Calls, way: Way) -> None:
    """By the roster of the school, which writes a name of two characters with a space between them."""
    school, pathway = calls.person(f"{way.school}.registrar"), pathway_of(calls, way)
    assert pathway is not None
    cohort = cohort_of(calls, way)
    if cohort is None:
        (intake,) = calls.person("demo.officer").pathway(pathway["pathway_id"])["intakes"]
        said = {"name": way.cohort, "year_of_entry": YEAR, "class_size": 40}
        cohort = school.post(f"/v1/intakes/{intake['intake_id']}/cohorts", said)
    if cohort["state"] == "forming":
        sent = school.send_roster(cohort["cohort_id"], way.roster.path)
        _all_taken(way.roster, sent.rows)
        said = {"filing_no": way.cohort_filing_no}
        calls.person("demo.officer").post(f"/v1/cohorts/{cohort['cohort_id']}/filing", said)


# --- what is known ----------------------------------------------------------------------------------------------------


def _opened(calls: Calls, way: Way) -> Row:
    """The round of the cohort, opened by the college if there is none."""
    round_ = round_of(calls, way)
    if round_ is None:
        said = {"collects_until": DECIDED_ON, "sittings": way.declared()}
        round_ = college(calls, way).open_round(cohort_id(calls, way), said)
    assert round_ is not None
    return round_


def _scores_of_three_two(calls: Calls) -> None:
    way = THREE_TWO
    if _opened(calls, way)["state"] != "collecting":
        return
    pupil = pupils(calls, way)[SUSPENDED]
    if pupil["status"] == "filed":
        said = {"event": "suspended", "occurred_on": DECIDED_ON, "reason": "因病休学"}
        path = f"/v1/cohorts/{cohort_id(calls, way)}/members/{pupil['learner_id']}/events"
        calls.person(f"{way.school}.registrar").post(path, said)
    send_scores(calls, way, shelf.SCORES_OF_THREE_TWO)
    send_scores(calls, way, shelf.RESIT_OF_THREE_TWO)


def _scores_of_three_four(calls: Calls) -> None:
    """The school says of each how the first stage went, and of some what only those who decide may see."""
    way = THREE_FOUR
    if _opened(calls, way)["state"] != "collecting":
        return
    known = pupils(calls, way)
    said: list[tuple[str, Row]] = [
        (each, {"topic": "process", "score": "58" if each == BELOW else "86", "passed": each != BELOW})
        for each in way.pupils
    ]
    said += [(each, {"topic": "checked", "what": "sanctions"}) for each in way.pupils]
    said += [
        (SANCTIONED, _SANCTION),
        (UNFIT, {"topic": "health", "fit": False}),
    ]
    state(calls, way, [(known[each]["learner_id"], one) for each, one in said])
    send_scores(calls, way, shelf.SCORES_OF_THREE_FOUR)


_SANCTION: Row = {"topic": "sanction", "number": "演示校处〔2025〕3号", "kind": "demerit", "on": "2025-10-08"}


# --- decided ----------------------------------------------------------------------------------------------------------


def _decided_three_two(calls: Calls) -> None:
    """Two are unknown: of one the result comes in late, the other is left out, with a reason. Then it is published."""
    way = THREE_TWO
    round_ = _decided(calls, way)
    if round_["notice_no"]:
        return
    send_scores(calls, way, shelf.MENDED_OF_THREE_TWO)
    _left_out(calls, way, LEFT_OUT, "专业综合试卷尚在核查，截止前没有结论")
    act(calls, way, "notice")


def _decided_three_four(calls: Calls) -> None:
    """A demerit that was lifted is mended by the school, a medical finding is not: that one is left out."""
    way = THREE_FOUR
    round_ = _decided(calls, way)
    if round_["notice_no"]:
        return
    learner_id = pupils(calls, way)[SANCTIONED]["learner_id"]
    state(calls, way, [(learner_id, {**_SANCTION, "lifted_on": "2026-05-20"})])
    _left_out(calls, way, UNFIT, "体检结论为不适合，本科高校复检尚无结论")
    act(calls, way, "notice")


def _decided(calls: Calls, way: Way) -> Row:
    round_ = the_round(calls, way)
    return act(calls, way, "deciding") if round_["state"] == "collecting" else round_


def _left_out(calls: Calls, way: Way, student_no: str, reason: str) -> None:
    one = candidate(the_round(calls, way), way, student_no)
    if one["outcome"] == "unknown":
        act(calls, way, "set-asides", {"learner_ids": [one["learner_id"]], "reason": reason})


# --- objections -------------------------------------------------------------------------------------------------------


def _objections_to_three_two(calls: Calls) -> None:
    """One is dismissed. The other is upheld: the score is corrected, who had the last place falls back, two are tied
    for it and the college chooses; the list is published anew.
    """
    way = THREE_TWO
    _object(calls, way, RESAT, by="wu.haoran.a", words="该生第一次转段考试缺考，补考成绩不应计入。")
    _answer(calls, way, RESAT, upheld=False, words="规则以最近一次转段考试为准，补考各科已全部重考，成绩无误。")
    _object(calls, way, CORRECTED_PUPIL, by="liang.ziting", words="该生文化综合成绩与试卷不符，请核查。")
    if _open_objection(calls, way, CORRECTED_PUPIL) is not None:
        send_scores(calls, way, shelf.CORRECTED_OF_THREE_TWO)
        _answer(calls, way, CORRECTED_PUPIL, upheld=True, words="经核查试卷，登分错误：141 分更正为 114 分。")
    round_ = the_round(calls, way)
    if round_["counts"].get("tied"):
        chosen = candidate(round_, way, TAKEN_OF_THE_TIED)["learner_id"]
        reason = "总分和过程考核相同；专业综合成绩较高者优先（学院转段工作组决定）"
        act(calls, way, "tie", {"learner_ids": [chosen], "reason": reason})
    _published_anew(calls, way)


def _objections_to_three_four(calls: Calls) -> None:
    """One is dismissed, the other upheld by leaving out whom it is about: who comes in is published anew."""
    way = THREE_FOUR
    _object(calls, way, FIRST, by="liang.ziting", words="该生没有参加全部科目的转段考试。")
    _answer(calls, way, FIRST, upheld=False, words="经核对考场记录，各科均已参加，成绩无误。")
    _object(calls, way, OBJECTED_OUT, by="liang.ziting", words="该生最后一学期不在本校就读，学籍存疑。")
    _answer(calls, way, OBJECTED_OUT, upheld=True, set_aside=True, words="学籍情况须另行核查，本轮不列入名单。")
    _published_anew(calls, way)


def _published_anew(calls: Calls, way: Way) -> None:
    if the_round(calls, way)["state"] == "decided":
        act(calls, way, "notice")


def _object(calls: Calls, way: Way, student_no: str, *, by: str, words: str) -> None:
    """By somebody who is signed in, once for each member; later, when the notice is over, it is past."""
    round_ = the_round(calls, way)
    if round_["state"] == "on_notice" and round_["notice_no"] == 1:
        said = {"member_no": member_no(way, student_no), "words": words}
        with calls.unless_done_before("member_objected_to_already"):
            calls.person(by).post(f"/v1/rounds/{round_['round_id']}/objections", said)


def _open_objection(calls: Calls, way: Way, student_no: str) -> Row | None:
    number = member_no(way, student_no)
    found = the_round(calls, way)["objections"]
    return next((one for one in found if one["member_no"] == number and one["state"] == "open"), None)


def _answer(calls: Calls, way: Way, student_no: str, *, upheld: bool, words: str, set_aside: bool = False) -> None:
    objection = _open_objection(calls, way, student_no)
    if objection is not None:
        said = {"upheld": upheld, "set_aside": set_aside, "words": words}
        act(calls, way, f"objections/{objection['objection_id']}/decision", said)


# --- how it is asked --------------------------------------------------------------------------------------------------


def college(calls: Calls, way: Way) -> Client:
    """The registrar of the college, who runs its rounds."""
    return calls.person(f"{way.college}.registrar")


def pathway_of(calls: Calls, way: Way) -> Row | None:
    """The pathway, if it was proposed."""
    found = calls.person("demo.officer").pathways(institution_id=institution(way.college).institution_id)
    return next((one for one in found if one["name"] == way.name), None)


def cohort_of(calls: Calls, way: Way) -> Row | None:
    """The cohort, if it was formed."""
    return next((one for one in college(calls, way).cohorts() if one["name"] == way.cohort), None)


def cohort_id(calls: Calls, way: Way) -> str:
    """The identifier of the cohort. Raises DemoRefused."""
    found = cohort_of(calls, way)
    if found is None:
        raise DemoRefused(f"{way.cohort} is not there")
    calls.file.look_at[f"cohort_of_{way.key}"] = str(found["cohort_id"])
    return str(found["cohort_id"])


def pupils(calls: Calls, way: Way) -> dict[str, Row]:
    """The members by their student numbers: the roster was admitted whole and in its order."""
    members = sorted(college(calls, way).members(cohort_id(calls, way)), key=lambda one: one["member_no"])
    return dict(zip(way.pupils, members, strict=True))


def round_of(calls: Calls, way: Way) -> Row | None:
    """The round of the cohort with all of its candidates, if it was opened."""
    reader = college(calls, way)
    found = reader.get(f"/v1/cohorts/{cohort_id(calls, way)}/rounds")["items"]
    if not found:
        return None
    calls.file.look_at[f"round_of_{way.key}"] = str(found[0]["round_id"])
    whole: Row = reader.get(f"/v1/rounds/{found[0]['round_id']}", limit=200)
    return whole


def the_round(calls: Calls, way: Way) -> Row:
    """The round, which is open by now. Raises DemoRefused."""
    found = round_of(calls, way)
    if found is None:
        raise DemoRefused(f"{way.cohort} has no round")
    return found


def candidate(round_: Row, way: Way, student_no: str) -> Row:
    """Somebody in a round."""
    number = member_no(way, student_no)
    return next(one for one in round_["candidates"] if one["member_no"] == number)


def act(calls: Calls, way: Way, what: str, said: Row | None = None) -> Row:
    """The college does something with its round."""
    done: Row = college(calls, way).round_act(the_round(calls, way)["round_id"], what, said)
    return done


def send_scores(calls: Calls, way: Way, file: File) -> None:
    """A score sheet, every row of which is taken. Raises DemoRefused."""
    round_id = the_round(calls, way)["round_id"]
    sent = college(calls, way).send_score_sheet(cohort_id(calls, way), file.path, round_id=round_id, sitting=1)
    _all_taken(file, sent.rows)


def _all_taken(file: File, rows: Iterable[Any]) -> None:
    refused = [f"{row.row}: {row.problem}" for row in rows if row.refused]
    if refused:
        raise DemoRefused(f"{file.name}: {refused}")


def state(calls: Calls, way: Way, said: Iterable[tuple[str, Row]]) -> None:
    """What the school states about members, all of which is taken. Raises DemoRefused."""
    rows = [{"learner_id": learner_id, "said": body} for learner_id, body in said]
    done = calls.person(f"{way.school}.registrar").state(cohort_id(calls, way), rows)
    refused = [one for one in done["outcomes"] if one["outcome"] == "refused"]
    if refused:
        raise DemoRefused(f"{way.cohort}: {refused}")
