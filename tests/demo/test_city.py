"""The city that is thought up: plans that add up, codes that were verified, people who cannot exist, one history."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

import pytest

from creditbank.demo.city import Institution, Programme, calendar, city, institution
from creditbank.demo.history import ENDS_ON, History
from creditbank.demo.people import check_character
from creditbank.demo.world import World, think_up
from creditbank.institutions import reference
from creditbank.institutions.equivalence_schemas import EquivalenceIn
from creditbank.institutions.reference_schemas import StandardIn, TermIn
from creditbank.institutions.schemas import CourseIn, PlanIn, ProfileIn, ProgrammeIn
from creditbank.learners.documents import read_document
from creditbank.records.schemas import ROW

PROGRAMMES = [
    pytest.param(one, programme, id=f"{one.key} {programme.code}") for one in city() for programme in one.programmes
]


@pytest.fixture(scope="module")
def world() -> World:
    return think_up()


# --- institutions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("one", "programme"), PROGRAMMES)
def test_a_plan_adds_up_to_its_totals(one: Institution, programme: Programme) -> None:
    for plan in programme.plans:
        by_category: defaultdict[str, Decimal] = defaultdict(Decimal)
        for course in plan.courses:
            by_category[course.category] += course.credits
        assert dict(by_category) == dict(plan.totals)
        assert sum(plan.totals.values()) == plan.total
        assert len({course.code for course in plan.courses}) == len(plan.courses)
        PlanIn.model_validate(plan.payload())


def test_secondary_plans_have_170_credits_and_more_and_college_plans_stay_at_140_and_below() -> None:
    """安徽：中职三年不少于 170；一所高职：毕业标准不高于 140（docs: domain §7）。"""
    for one in city():
        for programme in one.programmes:
            for plan in programme.plans:
                if programme.level == "secondary_vocational":
                    assert plan.total >= 170
                if programme.level == "higher_vocational":
                    assert 130 <= plan.total <= 140


def test_one_code_is_one_course_of_an_institution() -> None:
    for one in city():
        names = defaultdict(set)
        for programme in one.programmes:
            for plan in programme.plans:
                for course in plan.courses:
                    names[course.code].add((course.name, course.form))
        assert [code for code, said in names.items() if len(said) > 1] == []
        assert all(code.startswith("YS") for code in names), "a course code of the demo shows that it is one"


def test_what_is_published_is_what_the_contract_takes() -> None:
    for one in city():
        ProfileIn.model_validate(one.profile())
        for course in one.courses():
            CourseIn.model_validate(course.in_catalogue())
        for standard in one.standards_payload():
            StandardIn.model_validate(standard)
        for programme in one.programmes:
            for row in programme.payloads():
                ProgrammeIn.model_validate(row)
        for counted in one.equivalences():
            EquivalenceIn.model_validate(counted)
    for term in calendar():
        TermIn.model_validate(term.payload())


def test_what_counts_for_courses_is_taught_and_certified_somewhere_in_the_city() -> None:
    taught = {(one.institution_id, course.code) for one in city() for course in one.courses()}
    certified = {
        (standard["code"], level["level"])
        for one in city()
        for standard in one.standards_payload()
        for level in standard["levels"]
    }
    counted = [(one, said) for one in city() for said in one.equivalences()]
    assert len(counted) >= 12
    for one, said in counted:
        assert {(one.institution_id, target) for target in said["targets"]} <= taught
        for source in said["sources"]:
            if source["kind"] == "course":
                assert (source["institution_id"], source["course_code"]) in taught
            if source["kind"] == "certificate":
                assert (source["standard"], source["from_level"]) in certified


def test_courses_that_rules_treat_apart_say_so() -> None:
    words = {
        "politics": "思想|政治|马克思|德育|特色社会主义|近现代史纲要|道德与法治",
        "physical_education": "体育",
        "foreign_language": "英语",
        "chinese": "语文",
        "mathematics": "数学|线性代数|概率论",
        "military": "军",
        "labour": "劳动",
    }
    for one in city():
        for course in one.courses():
            for subject, named in words.items():
                assert (course.subject == subject) == bool(re.search(named, course.name)), (course.code, course.name)


def test_invented_institutions_say_so_and_have_no_official_code() -> None:
    for one in city():
        profile = one.profile()
        assert profile["demo"] == ("（演示）" in one.name)
        if profile["demo"]:
            assert not {"uscc", "school_code", "college_code"} & set(profile)


def test_real_institutions_have_only_what_a_source_gives_them() -> None:
    known = {one.name: one for one in reference.institutions()}
    real = [one for one in city() if not one.demo]
    assert {one.name for one in real} >= {
        "秦皇岛职业技术学院",
        "河北对外经贸职业学院",
        "河北科技师范学院",
        "秦皇岛技师学院",
    }
    for one in real:
        profile = one.profile()
        for name in ("uscc", "school_code", "college_code"):
            assert profile[name] == getattr(known[one.name], name)
        for programme in one.programmes:
            for plan in programme.plans:
                assert "演示" in plan.payload()["source"]


def test_every_catalogue_code_was_verified() -> None:
    verified = {
        (shelf.catalogue, shelf.level, entry.code, entry.name)
        for shelf in reference.catalogues()
        if shelf.verified
        for entry in shelf.programmes
    }
    for one in city():
        for programme in one.programmes:
            for row in programme.payloads():
                if row["catalogue"] != "none":
                    assert (row["catalogue"], row["level"], row["catalogue_code"], row["name"]) in verified


def test_the_city_has_every_kind_of_institution_that_it_should() -> None:
    assert Counter(one.kind for one in city()) == {
        "secondary_vocational": 2, "technician_college": 1, "higher_vocational": 2, "applied_university": 1,
        "general_high_school": 1, "enterprise": 1, "certificate_body": 2,
    }  # fmt: skip
    assert [term.academic_year for term in calendar()[::2]] == [f"{year}-{year + 1}" for year in range(2021, 2026)]


# --- people and rows ------------------------------------------------------------------------------------------------


def test_everybody_has_a_number_of_a_region_that_is_nowhere(world: World) -> None:
    numbers = set()
    for person in world.history.people:
        assert person.document_kind == "resident_id"
        assert person.number.startswith("139900")
        read = read_document("resident_id", person.number, on=ENDS_ON)
        assert (read.birth_on, read.sex) == (person.born_on, person.sex)
        numbers.add(person.number)
    assert len(numbers) == len(world.history.people)


def test_the_check_character_is_that_of_the_standard() -> None:
    """GB 11643-1999 附录 A 的两个例子。"""
    assert check_character("11010519491231002") == "X"
    assert check_character("44052418800101001") == "4"


def test_only_those_have_one_name_who_should(world: World) -> None:
    shared = [name for name, many in Counter(one.name for one in world.history.people).items() if many > 1]
    assert shared == []
    assert [name for name, many in Counter(one.person.name for one in world.stories.people).items() if many > 1] == [
        "周海燕"
    ]


def test_there_are_some_six_hundred_learners_with_fifteen_to_thirty_records_each(world: World) -> None:
    learners = len(world.history.people) + len(world.stories.people) + 2
    records = sum(map(len, world.history.records.values()))
    assert 560 <= learners <= 660
    assert 15 <= records / learners <= 30


def test_the_same_city_is_thought_up_every_time(world: World) -> None:
    assert think_up() == world


def test_every_row_is_one_of_the_contract_and_every_kind_is_there(world: World) -> None:
    kinds: Counter[str] = Counter()
    for shelf in (world.history.enrolments, world.history.records):
        for rows in shelf.values():
            for row in rows:
                kinds[ROW.validate_python(row).kind] += 1
    assert set(kinds) == {
        "course_result", "certificate", "training", "award", "practice", "military_service", "online_course",
        "assessment", "enrolment_event",
    }  # fmt: skip


def test_nothing_is_dated_after_the_day_on_which_the_history_ends(world: World) -> None:
    assert date(2026, 8, 31) == ENDS_ON
    for shelf in (world.history.enrolments, world.history.records):
        assert shelf
        for rows in shelf.values():
            assert max(row["occurred_on"] for row in rows) <= ENDS_ON


def test_a_team_stands_together_and_nobody_is_in_it_twice(world: World) -> None:
    for rows in world.history.records.values():
        members = [row for row in rows if row["kind"] == "award" and row["team_size"] > 1]
        teams = [members[at : at + 3] for at in range(0, len(members), 3)]
        for team in teams:
            assert [row["member_no"] for row in team] == [1, 2, 3]
            assert len({row["learner"]["student_no"] for row in team}) == 3
            assert len({(row["event"], row["occurred_on"], row["level"], row["rank"]) for row in team}) == 1


def test_each_institution_sends_what_happened_first_first(world: World) -> None:
    for rows in world.history.records.values():
        days = [row["occurred_on"] for row in rows]
        assert days == sorted(days)


def test_who_graduated_has_passed_every_course_of_the_plan(world: World) -> None:
    for key, events in world.history.enrolments.items():
        passed = _passed(world.history, key)
        plans = {programme.code: programme for programme in institution(key).programmes}
        for event in events:
            if event["event"] != "graduated":
                continue
            plan = plans[event["programme_code"]].plan_for(event["year_of_entry"])
            missing = {course.code for course in plan.courses} - passed[event["learner"]["student_no"]]
            assert not missing, (key, event["learner"]["name"], missing)


def _passed(history: History, key: str) -> dict[str, set[str]]:
    passed: dict[str, set[str]] = defaultdict(set)
    for row in history.records[key]:
        if row["kind"] != "course_result" or row["score"] in ("缺考", "缓考", "不及格"):
            continue
        if not re.fullmatch(r"\d+", row["score"]) or int(row["score"]) >= 60:
            passed[row["learner"]["student_no"]].add(row["course_code"])
    return passed
