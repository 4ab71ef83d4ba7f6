"""The cases of the domain notes on progression, and one learner's file before the rules of several provinces.

Each case is found in its document by name and decided there; then the same situation, written out here in the facts
alone, is decided again, so that a document that drifts away from its source is found even where its case drifted too.
"""

from __future__ import annotations

import copy
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from creditbank.rules import Decided, Rulebook, RuleDocument, read_path
from creditbank.rules.cases import run_case
from creditbank.rules.flips import turning

RULEBOOK = Path(__file__).parents[2] / "service" / "creditbank" / "rulebook"
DOCUMENTS = {
    document.document: document
    for pattern in ("progression.*.yaml", "agreement.*.yaml")
    for path in sorted(RULEBOOK.rglob(pattern))
    for document in (read_path(path),)
}
NAMED = {
    "T47": "progression.three-two-shanxi",
    "T50": "progression.three-two-hebei",
    "T51": "progression.three-two-hebei",
    "T52": "agreement.hebei",
    "T54": "progression.general-vocational-fujian",
    "T55": "progression.matched-exam-hebei",
    "T56": "progression.single-exam-hebei",
    "T57": "progression.three-four-admission-henan",
}


def decide(document: str, facts: dict[str, Any]) -> Decided:
    """By one document alone, as if it were the only one in force."""
    found = DOCUMENTS[document]
    book = Rulebook.load([found])
    if found.question == "progression" and "gives" not in found.versions[0]:
        return book.limit_alone(document, facts)
    return book.decide(found.question, facts)


def rows(**sets: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Every set of a progression: empty where it is not given, for an absent set is one that nobody knows."""
    names = ("exams", "registrations", "admissions", "sanctions", "events", "awards", "records", "earned", "courses")
    return {name: [{"id": f"{name}-{at}", **row} for at, row in enumerate(sets.get(name, []))] for name in names}


def exam(kind: str, **said: Any) -> dict[str, Any]:
    return {"exam": {"kind": kind, "latest": True, **said}}


def sum_of(decided: Decided, output: str) -> Fraction:
    return Fraction(decided.outputs[output])


@pytest.mark.parametrize(("case", "document"), NAMED.items())
def test_each_case_of_the_notes_stands_in_its_document_and_gets_what_it_must(case: str, document: str) -> None:
    found = DOCUMENTS[document]
    outcomes = [
        run_case(Rulebook.load([found]), found, version, each)
        for version in found.versions
        for each in version["cases"]
        if str(each["name"]).startswith(f"{case} ")
    ]
    assert outcomes, f"{case} is in no case of {document}"
    assert [outcome.wrong for outcome in outcomes] == [()] * len(outcomes)


def _shanxi(status: str = "registered", result: str = "passed", **sets: Any) -> Decided:
    registered = {"registration": {"entrance": "matched_exam", "status": status}}
    facts = {
        "pathway": {
            "kind": "three_two", "step": "progression", "province": "shanxi", "on": "2017-04-10", "filed": True,
        },
        **rows(exams=[exam("stage", result=result)], registrations=[registered], **sets),
    }  # fmt: skip
    return decide("progression.three-two-shanxi", facts)


def test_t47_whoever_passed_in_shanxi_may_not_register_for_the_matched_entrance() -> None:
    conflict = _shanxi()
    assert (conflict.verdict, conflict.clause) == ("not_granted", "no-other-entrance")
    assert _shanxi("withdrawn").verdict == "granted"
    # Whoever failed or gave up is refused for that alone: the registration is theirs to make.
    failed = _shanxi(result="failed")
    assert failed.clause == "passed"
    gave_up = _shanxi(admissions=[{"admission": {"kind": "three_two", "outcome": "given_up"}}])
    assert gave_up.clause == "not-given-up"


def _hebei(filed: bool = True, credits_: int = 0, **sets: Any) -> Decided:
    facts = {
        "pathway": {
            "kind": "three_two", "step": "progression", "province": "hebei", "on": "2025-05-20",
            "filed": True, "in_force": True,
        },
        "member": {"filed": filed, "status": "filed"},
        **rows(earned=[{"earned": {"credits": credits_}}], **sets),
    }  # fmt: skip
    return decide("progression.three-two-hebei", facts)


def test_t50_no_credits_stand_for_the_stage_examination_in_hebei() -> None:
    for credits_ in (0, 170, 10_000):
        refused = _hebei(credits_=credits_)
        assert (refused.verdict, refused.clause) == ("not_granted", "sat")
    assert _hebei(exams=[exam("stage", result="passed")]).verdict == "granted"


def test_t51_who_is_not_in_the_filing_is_out_for_good() -> None:
    refused = _hebei(filed=False, exams=[exam("stage", result="passed", points=300, full=300)])
    assert (refused.verdict, refused.clause) == ("not_granted", "listed")
    assert turning(refused).final
    # Not so the missing examination, which can still be sat.
    assert not turning(_hebei()).final


def _class_of(size: int, kind: str = "two_two_two") -> Decided:
    facts = {
        "pathway": {"kind": kind, "province": "hebei", "on": "2025-09-01", "filed": True},
        "agreement": {
            "step": "joining", "on": "2025-09-01", "signed": True, "enterprise": True, "last_years_at": "college",
        },
        "cohort": {"size": size, "filed": True},
    }  # fmt: skip
    return decide("agreement.hebei", facts)


def test_t52_a_two_two_two_class_of_hebei_holds_thirty() -> None:
    full, over = _class_of(30), _class_of(31)
    assert full.verdict == "granted"
    assert over.verdict == "not_granted"
    (finding,) = [each for each in over.findings() if each["verdict"] == "not_met"]
    assert "31" in str(finding)
    assert "30" in str(finding)
    assert _class_of(31, "three_two").verdict == "granted"


def _fujian(changes: int, term: int = 2) -> Decided:
    facts = {
        "pathway": {
            "kind": "general_vocational", "step": "progression", "province": "fujian", "on": "2025-06-20",
            "filed": True,
        },
        "enrolment": {"level": "general_high_school"},
        "target": {"level": "secondary_vocational"},
        "member": {"changes": changes, "term_of_study": term},
        **rows(),
    }  # fmt: skip
    return decide("progression.general-vocational-fujian", facts)


def test_t54_the_type_of_enrolment_changes_once_in_fujian() -> None:
    assert _fujian(0).verdict == "granted"
    second = _fujian(1)
    assert (second.verdict, second.clause) == ("not_granted", "only-once")
    assert turning(second).final
    assert _fujian(0, term=3).clause == "in-time"


def test_t55_the_matched_entrance_of_2021_adds_up_to_635_of_750() -> None:
    sat = {"year": 2021, "result": "passed"}
    facts = {
        "pathway": {
            "kind": "matched_exam", "step": "progression", "province": "hebei", "on": "2021-06-20", "year": 2021,
            "track": "机械", "filed": True, "in_force": True,
        },
        "programme": {"exam_category": "机械"},
        "member": {"filed": True, "status": "filed", "graduating": True},
        **rows(
            registrations=[{"registration": {"entrance": "matched_exam", "status": "sat", "year": 2021}}],
            exams=[
                exam("culture", subject="语文", points=110, full=120, **sat),
                exam("culture", subject="数学", points=100, full=120, **sat),
                exam("culture", subject="英语", points=95, full=120, **sat),
                exam("professional", subject="专业理论", points=200, full=240, **sat),
                exam("skill", subject="专业技能", points=130, full=150, **sat),
            ],
        ),
    }  # fmt: skip
    decided = decide("progression.matched-exam-hebei", facts)
    assert decided.verdict == "granted", decided.clause
    assert [sum_of(decided, each) for each in ("total", "total_of")] == [Fraction(635), Fraction(750)]


def _single(culture: tuple[int, int], skill: int) -> Decided:
    sat = {"year": 2024, "result": "passed"}
    registered = {"entrance": "single_exam", "status": "sat", "year": 2024, "category": "机械"}
    facts = {
        "pathway": {
            "kind": "single_exam", "step": "progression", "province": "hebei", "on": "2024-04-10", "year": 2024,
            "track": "中职",
        },
        "enrolment": {"level": "secondary_vocational"},
        "programme": {"exam_category": "机械"},
        "member": {"graduating": True},
        **rows(
            registrations=[{"registration": registered}],
            exams=[
                exam("culture", subject="语文", points=culture[0], full=150, **sat),
                exam("culture", subject="数学", points=culture[1], full=150, **sat),
                exam("skill", subject="职业技能", points=skill, full=450, **sat),
            ],
        ),
    }  # fmt: skip
    return decide("progression.single-exam-hebei", facts)


def test_t56_the_separate_entrance_of_2024_adds_up_to_640_of_750() -> None:
    decided = _single((130, 110), 400)
    assert decided.verdict == "granted", decided.clause
    assert [sum_of(decided, each) for each in ("total", "total_of")] == [Fraction(640), Fraction(750)]


def _henan(points: int | str, full: int = 730) -> Decided:
    facts = {
        "pathway": {"kind": "three_four", "step": "admission", "province": "henan", "on": "2026-07-10"},
        **rows(exams=[exam("secondary_entrance", points=points, full=full)]),
    }
    return decide("progression.three-four-admission-henan", facts)


def test_t57_the_line_of_zhengzhou_lies_between_547_and_548_of_730() -> None:
    below, above = _henan(547), _henan(548)
    assert (below.verdict, below.clause) == ("not_granted", "three-quarters")
    (finding,) = [each for each in below.findings() if each["verdict"] == "not_met"]
    assert finding["observed"] == "547"
    assert finding["required"] == {"at_least": "547.5"}
    assert above.verdict == "granted"
    assert sum_of(above, "total") == 548
    assert _henan("547.5").verdict == "granted"


# One learner's file: passed the stage examination and the process assessment, is filed, is registered for the matched
# entrance (春季高考 in Shandong), was once warned and the warning was lifted, and won a second prize of the province.
FILE: dict[str, Any] = {
    "member": {"filed": True, "status": "filed", "recommended": True, "term_of_study": 6, "changes": 0},
    "enrolment": {"status": "enrolled", "entered_on": "2022-09-01", "level": "secondary_vocational"},
    "process": {"passed": True, "score": "72"},
    "health": {"fit": True},
    "learner": {"residence": "hebei"},
    **rows(
        exams=[
            exam("stage", subject="专业综合", points=160, full=200, result="passed"),
            {"exam": {"kind": "secondary_entrance", "latest": True, "points": 560, "full": 730}},
        ],
        registrations=[{"registration": {"entrance": "matched_exam", "status": "registered"}}],
        sanctions=[{"sanction": {"kind": "warning", "on": "2023-03-01", "lifted_on": "2023-09-01"}}],
        awards=[{"record": {"award_level": "provincial", "award_rank": "second", "organiser": "government"}}],
        earned=[{"earned": {"credits": 170}}],
    ),
}


def ask(
    document: str, *, kind: str, province: str, step: str = "progression", learner: dict[str, Any] = FILE, **more: Any
) -> Decided:
    """The same file put to a document: only which pathway is asked about, and when, differs."""
    asked = {"kind": kind, "step": step, "province": province, "on": "2026-05-20", "filed": True, "in_force": True}
    return decide(document, {**copy.deepcopy(learner), "pathway": {**asked, **more}})


def without_exam(kind: str) -> dict[str, Any]:
    return {**FILE, "exams": [each for each in FILE["exams"] if each["exam"]["kind"] != kind]}


PROVINCES: list[tuple[str, dict[str, Any], str, str, str | None]] = [
    # Passed, so another entrance may not be sat (T47); in Shandong registering for it is what is asked.
    (
        "progression.three-two-shanxi",
        {"kind": "three_two", "province": "shanxi"},
        "not_granted",
        "no-other-entrance",
        None,
    ),
    ("progression.three-four-shandong", {"kind": "three_four", "province": "shandong"}, "granted", "", "examined"),
    # Hebei looks at the examination and the filing; other entrances and a lifted warning are no matter.
    ("progression.three-two-hebei", {"kind": "three_two", "province": "hebei"}, "granted", "", "examined"),
    # A prize of the province's authority stands for the assessment in Guangdong and nowhere else here.
    ("progression.three-two-guangdong", {"kind": "three_two", "province": "guangdong"}, "granted", "", "exempt"),
    # Five years in one course: up directly in Hebei; a test, and never a sanction, at the college in Gansu.
    ("progression.five-year-hebei", {"kind": "five_year", "province": "hebei"}, "granted", "", "direct"),
    (
        "progression.five-year-gansu",
        {"kind": "five_year", "province": "gansu", "college": "gansu-steel-college"},
        "not_granted",
        "never-disciplined",
        None,
    ),
    # In Henan even a lifted warning closes the matched entrance.
    (
        "progression.matched-exam-henan",
        {"kind": "matched_exam", "province": "henan"},
        "not_granted",
        "never-disciplined",
        None,
    ),
    # In Zhejiang the test of the college is nothing: the province's own two examinations decide.
    ("progression.three-four-zhejiang", {"kind": "three_four", "province": "zhejiang"}, "not_granted", "sat", None),
    # 560 of 730: over the 75 % of Henan and of Zhejiang; in Beijing the household decides before the points.
    (
        "progression.three-four-admission-henan",
        {"kind": "three_four", "province": "henan", "step": "admission"},
        "granted",
        "",
        "examined",
    ),
    (
        "progression.three-four-admission-zhejiang",
        {"kind": "three_four", "province": "zhejiang", "step": "admission"},
        "granted",
        "",
        "examined",
    ),
    (
        "progression.seven-year-beijing",
        {"kind": "three_four", "province": "beijing", "step": "admission"},
        "not_granted",
        "resident",
        None,
    ),
]


@pytest.mark.parametrize(
    ("document", "pathway", "verdict", "clause", "route"), PROVINCES, ids=[each[0] for each in PROVINCES]
)
def test_one_file_gets_the_answer_of_each_province_with_the_clause_that_makes_it(
    document: str, pathway: dict[str, Any], verdict: str, clause: str, route: str | None
) -> None:
    decided = ask(document, **pathway)
    assert decided.verdict == verdict, decided.clause
    if verdict == "granted":
        assert decided.outputs["route"] == route
        return
    assert decided.clause == clause
    # The clause alone makes the difference: everything else that the document asks is met.
    refusing = {each["clause"] for each in decided.findings() if each["verdict"] == "not_met"}
    assert refusing == {clause}
    unknown = {each["clause"] for each in decided.findings() if each["verdict"] == "unknown"}
    assert not unknown


def test_without_the_stage_examination_the_provinces_part_too() -> None:
    learner = without_exam("stage")
    found = {
        document: ask(document, learner=learner, **pathway)
        for document, pathway, *_ in PROVINCES
        if pathway["kind"] in ("three_two", "five_year") and pathway["province"] != "shanxi"
    }
    assert {document: (each.verdict, each.clause) for document, each in found.items() if each.verdict != "granted"} == {
        "progression.three-two-hebei": ("not_granted", "sat"),
        "progression.five-year-gansu": ("not_granted", "never-disciplined"),
    }
    assert found["progression.three-two-guangdong"].outputs["route"] == "exempt"
    assert found["progression.five-year-hebei"].outputs["route"] == "direct"
    # Without the prize Guangdong looks at the process assessment, and is content with it.
    plain = {**learner, "awards": []}
    guangdong = ask("progression.three-two-guangdong", kind="three_two", province="guangdong", learner=plain)
    assert (guangdong.verdict, guangdong.outputs["route"]) == ("granted", "examined")


def test_below_the_line_henan_refuses_and_ningbo_asks_people() -> None:
    entrance = {"exam": {"kind": "secondary_entrance", "latest": True, "points": 547, "full": 730}}
    learner = {**FILE, "exams": [{"id": "entrance", **entrance}]}
    henan, zhejiang = (
        ask(
            f"progression.three-four-admission-{province}",
            kind="three_four", province=province, step="admission", learner=learner,
        )
        for province in ("henan", "zhejiang")
    )  # fmt: skip
    assert (henan.verdict, henan.clause) == ("not_granted", "three-quarters")
    assert (zhejiang.verdict, zhejiang.clause) == ("unknown", "three-quarters")


def _agreed(document: str, province: str) -> Decided:
    agreement = {
        "step": "agreement", "on": "2025-09-01", "signed": True, "enterprise": False, "last_years_at": "school",
        "last_years_approved": True, "school_kind": "secondary_vocational", "school_students": 2000,
        "school_clean_years": 5, "school_grade": "national_key", "programme_age": 6, "programme_yearly": 120,
        "sports_school": False, "programme_discipline": "engineering", "shortage": False,
    }  # fmt: skip
    pathway = {"kind": "three_two", "province": province, "on": "2025-09-01", "filed": False}
    return decide(document, {"pathway": pathway, "agreement": agreement})


def test_the_last_two_years_at_the_school_are_forbidden_in_hebei_and_allowed_in_guangdong() -> None:
    hebei, guangdong = _agreed("agreement.hebei", "hebei"), _agreed("agreement.three-two-guangdong", "guangdong")
    assert hebei.verdict == "not_granted"
    (finding,) = [each for each in hebei.findings() if each["verdict"] == "not_met"]
    assert finding["fact"] == "agreement.last_years_at"
    assert guangdong.verdict == "granted"


def test_the_second_change_is_refused_in_fujian_and_no_matter_in_shijiazhuang() -> None:
    learner = {
        **FILE,
        "member": {**FILE["member"], "changes": 1, "term_of_study": 2},
        "enrolment": {**FILE["enrolment"], "level": "general_high_school"},
        "target": {"level": "secondary_vocational"},
    }
    fujian = ask("progression.general-vocational-fujian", kind="general_vocational", province="fujian", learner=learner)
    shijiazhuang = ask(
        "progression.general-vocational-shijiazhuang", kind="general_vocational", province="hebei", learner=learner
    )
    assert (fujian.verdict, fujian.clause) == ("not_granted", "only-once")
    assert shijiazhuang.verdict == "granted"


def test_the_documents_of_the_casebook_stand_together() -> None:
    casebook = [each for path in (RULEBOOK / "casebook").glob("*.yaml") for each in (read_path(path),)]
    together = Rulebook.load(casebook)
    for document, pathway, verdict, *_ in PROVINCES:
        if document not in {each.document for each in casebook}:
            continue
        asked = {"step": "progression", "on": "2026-05-20", "filed": True, "in_force": True, **pathway}
        decided = together.decide("progression", {**copy.deepcopy(FILE), "pathway": asked})
        assert (decided.document, decided.verdict) == (document, verdict)


def test_no_pathway_is_decided_by_credits_alone() -> None:
    """The notes found no scheme that is: more credits turn no refusal."""
    rich = {**FILE, "earned": [{"id": "earned-0", "earned": {"credits": 10_000}}]}
    for document, pathway, *_ in PROVINCES:
        plain, more = ask(document, **pathway), ask(document, learner=rich, **pathway)
        assert (plain.verdict, plain.clause, plain.outputs) == (more.verdict, more.clause, more.outputs)


def _types(found: RuleDocument) -> set[str]:
    return {str(kind) for kind in found.tree["applies"]["pathway.kind"]}


def test_every_kind_of_pathway_has_a_document() -> None:
    kinds = {kind for found in DOCUMENTS.values() for kind in _types(found)}
    assert kinds >= {
        "three_two", "three_four", "five_year", "two_two_two", "higher_bachelor", "general_vocational",
        "matched_exam", "single_exam", "in_school",
    }  # fmt: skip
