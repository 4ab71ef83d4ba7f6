"""What would turn a refusal: the nearest values and the fewest that a learner can move, proved against trying all."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from creditbank.rules import Decided
from creditbank.rules.flips import Change, Turning, turning
from tests.rules.converting import SAYS, also, book, capped, clause, decide, line, source, stood
from tests.rules.writing import clause as asked
from tests.rules.writing import facts, named, rulebook

LEVELS = ["municipal", "provincial", "national"]
SUM = {"sum": {"fact": "conversion.credits"}, "over": "conversions"}


def turned(decided: Decided) -> list[list[tuple[str | None, str | None]]]:
    """The changes that would turn a refusal: fact and value, or the conversion to give up."""
    return [[(each.fact or "give up", each.then or each.give_up) for each in one] for one in turning(decided).changes]


def of(*conditions: dict[str, Any], **record: Any) -> Decided:
    """The decision about a course result by a rule of so many clauses."""
    clauses = [{**asked(condition), "id": f"c{place}"} for place, condition in enumerate(conditions, start=1)]
    return rulebook({"clauses": clauses}).decide("deposit", facts(**record))


@pytest.mark.parametrize(
    ("condition", "record", "changes"),
    [
        ({"fact": "record.score", "at_least": "60"}, {"score": "58"}, [[("record.score", "60")]]),
        ({"fact": "record.score", "more_than": "60"}, {"score": "58"}, [[("record.score", "61")]]),
        ({"fact": "record.score", "is": "85"}, {"score": "58"}, [[("record.score", "85")]]),
        ({"fact": "record.score", "at_most": "60"}, {"score": "61"}, []),  # nobody can lower a score
        ({"fact": "record.place", "at_most": "3"}, {"place": 5}, [[("record.place", "3")]]),
        ({"fact": "record.place", "less_than": "3"}, {"place": 5}, [[("record.place", "2")]]),
        ({"fact": "record.place", "at_least": "3"}, {"place": 2}, []),
        ({"fact": "record.score", "in": ["90", "70"]}, {"score": "58"}, [[("record.score", "70")]]),
        (
            {"fact": "record.award_level", "at_least": "provincial"},
            {"award_level": "municipal"},
            [[("record.award_level", "provincial")]],
        ),
        ({"fact": "record.award_level", "is": "municipal"}, {"award_level": "national"}, []),
        (
            {"fact": "record.hours_verified", "is": "yes"},
            {"hours_verified": False},
            [[("record.hours_verified", "yes")]],
        ),
        ({"fact": "record.team", "is": "yes"}, {"team": False}, []),  # not for the learner to change
        ({"fact": "record.occurred_on", "at_least": "2025-01-01"}, {}, []),
        (
            {"fact": "record.valid_until", "at_least": "2025-01-01"},
            {"valid_until": "2024-12-31"},
            [[("record.valid_until", "2025-01-01")]],
        ),
        ({"none": [{"fact": "record.result", "is": "passed"}]}, {}, [[("record.result", "failed")]]),
        ({"none": [{"fact": "record.score", "less_than": "60"}]}, {"score": "58"}, [[("record.score", "60")]]),
    ],
)
def test_the_change_is_the_nearest_value_that_the_learner_can_reach(
    condition: dict[str, Any], record: dict[str, Any], changes: Any
) -> None:
    decided = of(condition, **record)
    assert decided.verdict == "not_granted"
    assert turned(decided) == changes


def test_a_change_says_what_is_now_and_what_would_have_to_be_in_both_languages() -> None:
    ((up,),) = turning(of({"fact": "record.score", "at_least": "60"}, score="58")).changes
    assert up == Change(
        "成绩为 不低于 60（现为 58）", "score: at least 60 instead of 58", "record.score", None, "58", "60"
    )
    ((down,),) = turning(of({"fact": "record.place", "at_most": "3"}, place=5)).changes
    assert (down.zh, down.en) == ("名次为 不高于 3 名（现为 5 名）", "place: at most 3 instead of 5")
    ((level,),) = turning(of({"fact": "record.award_level", "at_least": "national"}, award_level="provincial")).changes
    assert (level.zh, level.en) == (
        "竞赛级别为 国家级（现为 省级）",
        "level of the contest: national instead of provincial",
    )
    ((day,),) = turning(of({"fact": "record.valid_until", "at_least": "2025-01-01"}, valid_until="2024-12-31")).changes
    assert day.zh == "有效期至为 不早于 2025-01-01（现为 2024-12-31）"
    assert day.en == "valid until: not before 2025-01-01 instead of 2024-12-31"


def test_waiting_turns_a_refusal_that_came_too_early_and_never_one_that_came_too_late() -> None:
    window = {"fact": "claim.on", "at_least": "2024-09-01"}
    assert turned(decide(book({"clauses": also(clause("w", require=window))}), line())) == [
        [("claim.on", "2024-09-01")]
    ]
    window = {"fact": "claim.on", "at_most": "2024-01-31"}
    assert turned(decide(book({"clauses": also(clause("w", require=window))}), line())) == []


def test_a_refusal_names_every_clause_that_refuses_and_no_other() -> None:
    low = {"fact": "course.credits", "at_most": "2"}
    clauses = also(
        clause("low", require=low),
        clause("people", require=low, otherwise="refer"),
        clause("told", require=low, otherwise="warn"),
        clause("open", require={"fact": "match.listed", "is": "yes"}),
        clause("again", require=low),
        clause("fine", require={"fact": "course.credits", "at_most": "3"}),
    )
    said = turning(decide(book({"clauses": clauses}), line()))
    assert (said.caused_by, said.final, said.room) == (("low", "again"), (), ())
    assert said.as_json() == {
        "caused_by": ["low", "again"],
        "final": [],
        "changes": [
            [
                {
                    "zh": "课程学分为 不高于 2 学分（现为 3 学分）",
                    "en": "credits of the course: at most 2 credits instead of 3 credits",
                    "fact": "course.credits",
                    "now": "3",
                    "then": "2",
                }
            ]
        ],
        "room": [],
    }


def test_nothing_would_turn_what_is_granted_or_open() -> None:
    nothing = Turning((), (), (), ())
    assert turning(decide(book(), line())) == nothing
    assert turning(decide(book(), line(source(result=None)))) == nothing
    assert turning(decide(book(), line(plan={"level": "undergraduate"}))) == nothing


def test_what_is_final_is_repaired_by_nothing() -> None:
    cheated = clause("cheated", require={"none": [{"fact": "record.result", "is": "cheated"}]}, final="yes")
    said = turning(decide(book({"clauses": also(cheated)}), line(source(result="cheated"))))
    assert (said.caused_by, said.final, said.changes) == (("passed", "cheated"), ("cheated",), ())
    open_ = {word: value for word, value in cheated.items() if word != "final"}
    said = turning(decide(book({"clauses": also(open_)}), line(source(result="cheated"))))
    assert (said.final, [[change.then for change in each] for each in said.changes]) == ((), [["passed"]])


SCORE, PLACE = {"fact": "record.score", "at_least": "60"}, {"fact": "record.place", "at_most": "3"}
HOURS, WEEKS = {"fact": "record.hours", "at_least": "8"}, {"fact": "record.weeks", "at_least": "2"}


def test_changes_go_together_only_where_none_is_enough_and_never_more_than_three() -> None:
    low: dict[str, Any] = {"score": "58", "place": 5, "hours": "7", "weeks": "1"}
    assert turned(of(SCORE, PLACE, **low)) == [[("record.score", "60"), ("record.place", "3")]]
    three = [("record.score", "60"), ("record.place", "3"), ("record.hours", "8")]
    assert turned(of(SCORE, PLACE, HOURS, **low)) == [three]
    assert turned(of(SCORE, PLACE, HOURS, WEEKS, **low)) == []
    assert turned(of({"any": [SCORE, PLACE]}, **low)) == [[("record.score", "60")], [("record.place", "3")]]
    assert turned(of({"any": [{"all": [SCORE, PLACE]}, HOURS]}, **low)) == [[("record.hours", "8")]]


def test_a_change_that_breaks_another_clause_is_not_proposed() -> None:
    assert turned(of(SCORE, {"fact": "record.score", "less_than": "60"}, score="58")) == []
    higher = {"none": [{"fact": "record.score", "in": ["60", "70"]}]}
    assert turned(of(SCORE, higher, {"fact": "record.score", "in": ["58", "60", "70", "80"]}, score="58")) == [
        [("record.score", "80")]
    ]


def test_an_open_decision_is_no_refusal_any_more() -> None:
    unknown = {"fact": "record.hours", "at_least": "8"}
    assert turned(of(SCORE, unknown, score="58")) == [[("record.score", "60")]]


def test_no_more_than_five_ways_are_shown() -> None:
    ways = [
        {"fact": "record.score", "at_least": "60"},
        {"fact": "record.hours", "at_least": "8"},
        {"fact": "record.weeks", "at_least": "2"},
        {"fact": "record.place", "at_most": "3"},
        {"fact": "record.points", "at_least": "425"},
        {"fact": "record.award_level", "at_least": "national"},
    ]
    low: dict[str, Any] = {"score": "58", "place": 5, "hours": "7", "weeks": "1", "points": "400"}
    every = of({"any": ways}, **low, award_level="municipal")
    assert [name for ((name, _),) in turned(every)] == [way["fact"] for way in ways][:5]


def test_the_figure_may_stand_in_the_document_and_not_in_the_comparison() -> None:
    table = {
        "says": SAYS,
        "cites": ["source"],
        "by": [{"fact": "record.hours"}],
        "gives": {"worth": "percent"},
        "rows": [[{"below": "8"}, "40"], [{"from": "8", "below": "16"}, "70"], [{"from": "16"}, "90"]],
    }
    names = {"worth": named("percent", {"table": "hours", "column": "worth"})}
    asks = asked({"named": "worth", "at_least": "60"})
    rules = rulebook({"clauses": [asks], "names": names, "tables": {"hours": table}})
    assert turned(rules.decide("deposit", facts(hours="7"))) == [[("record.hours", "8")]]
    asks = asked({"named": "worth", "at_least": "80"})
    rules = rulebook({"clauses": [asks], "names": names, "tables": {"hours": table}})
    assert turned(rules.decide("deposit", facts(hours="7"))) == [[("record.hours", "16")]]


def test_a_fact_may_have_to_reach_what_another_one_is() -> None:
    enough = {"fact": "record.credits", "at_least": {"fact": "course.credits"}}
    rules = book({"clauses": also(clause("enough", require=enough))})
    decided = decide(rules, line(source(credits=200)))
    assert sorted(turned(decided)) == [[("course.credits", "2")], [("record.credits", "3")]]


def test_what_is_said_of_the_one_source_is_changed_wherever_it_is_spoken_of() -> None:
    there = {"says": SAYS, "cites": ["source"], "of": "same", "where": {"fact": "record.result", "is": "passed"}}
    rules = book(
        {
            "clauses": also(
                clause("in", require={"this_is_in": "good"}),
                clause("all", require={"every": "sources", "has": {"fact": "record.result", "is": "passed"}}),
            ),
            "sets": {"good": there},
        }
    )
    decided = decide(rules, line(source(result="failed")))
    assert turning(decided).caused_by == ("passed", "in", "all")
    assert turned(decided) == [[("record.result", "passed")]]


def test_of_several_sources_the_one_that_fails_is_named_and_only_it_is_changed() -> None:
    each = clause("each", each="sources", require={"fact": "record.score", "at_least": "60"})
    limit = clause("sum", require={"named": "total", "at_most": "130"})
    total = named("percent", {"sum": {"fact": "record.score"}, "over": "sources"})
    always = clause("always", require={"fact": "plan.level", "stated": "yes"})
    rules = book({"clauses": [always, also()[1], each, limit], "names": {"total": total}})
    decided = decide(rules, line(source("a", score="70"), source("b", score="50")))
    assert decided.clause == "each"
    ((change,),) = turning(decided).changes
    assert (change.fact, change.row, change.now, change.then) == ("record.score", "b", "50", "60")
    decided = decide(rules, line(source("a", score="50"), source("b", score="55")))
    ((first, second),) = turning(decided).changes
    assert [(one.row, one.now, one.then) for one in (first, second)] == [("a", "50", "60"), ("b", "55", "60")]
    decided = decide(rules, line(source("a", score="71"), source("b", score="50")))
    assert turning(decided).changes == ()  # 71 and 60 are more than 130 together


TEN = book({"clauses": also(capped("ten", "10", **SUM))})


def test_a_full_cap_says_how_much_room_it_has_left() -> None:
    for before, less, left in ((800, "1", "2"), (1_000, "3", "0"), (1_200, "3", "0"), (950, "2.5", "0.5")):
        said = turning(decide(TEN, line(conversions=[stood("k1", credits_=before)])))
        assert said.room == (
            ("ten", f"本次须减少 {less} 学分，至多还能计 {left} 学分", f"{less} credits less; {left} credits at most"),
        )
        assert said.as_json()["room"][0]["clause"] == "ten"


def test_a_full_cap_turns_with_less_in_this_line_or_with_an_earlier_conversion_given_up() -> None:
    rows = [stood("k2", credits_=50, course={"code": "c9"}), stood("k1", credits_=800, course={"code": "c8"})]
    said = turning(decide(TEN, line(conversions=rows)))
    assert [[change.about for change in each] for each in said.changes] == [
        [(None, None, "k1")],
        [("course.credits", None, None)],
    ]
    ((give_up,), (less,)) = said.changes
    assert (give_up.zh, give_up.en) == ("放弃此前对课程 c8 的转换", "give up the earlier conversion for course c8")
    assert give_up.as_json() == {"zh": give_up.zh, "en": give_up.en, "give_up": "k1"}
    assert (less.now, less.then) == ("3", "1.5")
    both = [stood("k1", credits_=900), stood("k2", credits_=900)]
    (one, two), *_ = turning(decide(TEN, line(conversions=both))).changes
    assert (one.give_up, two.give_up) == ("k1", "k2")
    assert one.en == "give up the earlier conversion for course k1"


def test_a_record_that_is_used_already_is_free_again_when_its_conversion_is_given_up() -> None:
    uses = [{"id": "k1:r1", "conversion": {"credits": 300}, "course": {"code": "c9"}, "record": {"id": "r1"}}]
    decided = decide(book(), line(uses=uses, conversions=[stood("k1", course={"code": "c9"})]))
    assert decided.clause == "once"
    ((change,),) = turning(decided).changes
    assert (change.give_up, change.en) == ("k1", "give up the earlier conversion for course c9")


REQUIRED = st.recursive(
    st.sampled_from(
        [
            {"fact": "record.team", "is": "yes"},
            {"fact": "record.award_level", "at_least": "provincial"},
            {"fact": "record.award_level", "less_than": "national"},
            {"fact": "record.award_level", "in": ["municipal", "international"]},
            {"fact": "record.score", "at_least": "60"},
            {"fact": "record.score", "at_least": "85"},
        ]
    ),
    lambda inner: st.builds(
        lambda word, parts: {word: parts},
        st.sampled_from(["all", "any", "none"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)
VALUES: dict[str, list[Any]] = {
    "award_level": ["institution", *LEVELS, "international"],
    "score": ["50", "59.5", "60", "84", "85", "86"],
}


@settings(deadline=None, max_examples=min(30, settings().max_examples))
@given(
    tree=REQUIRED,
    case=st.fixed_dictionaries(
        {
            "team": st.booleans(),
            "award_level": st.sampled_from(LEVELS),
            "score": st.sampled_from(["50", "59.5", "60", "85"]),
        }
    ),
)
def test_a_refusal_turns_by_what_is_proposed_and_by_nothing_smaller(tree: dict[str, Any], case: dict[str, Any]) -> None:
    """Held against trying every level and score that can be reached from what is."""
    rules = rulebook({"clauses": [asked(tree)]})

    def verdict(**record: Any) -> str:
        return rules.decide("deposit", facts(**case | record)).verdict

    assume(verdict() == "not_granted")
    reach = {
        field: [each for each in VALUES[field] if VALUES[field].index(each) > VALUES[field].index(case[field])]
        for field in ("award_level", "score")
    }
    alone = {
        field: [value for value in values if verdict(**{field: value}) == "granted"] for field, values in reach.items()
    }
    pairs = [
        (level, score)
        for level, score in itertools.product(reach["award_level"], reach["score"])
        if verdict(award_level=level, score=score) == "granted"
    ]
    proposed = turning(rules.decide("deposit", facts(**case))).changes
    for together in proposed:
        assert verdict(**{str(change.fact).partition(".")[2]: change.then for change in together}) == "granted"
    if any(alone.values()):
        assert {each[0].fact for each in proposed} == {f"record.{field}" for field, values in alone.items() if values}
        assert all(each[0].then in alone[str(each[0].fact).partition(".")[2]] for each in proposed)
        assert {len(each) for each in proposed} == {1}
    else:
        assert bool(proposed) is bool(pairs), (tree, case)
        assert all(len(each) == 2 for each in proposed)


@pytest.mark.parametrize(
    ("share", "total", "room", "then"),
    [
        ("1/3", 1_000, "8/3 credits less; 1/3 credits at most", "0.33"),
        ("35%", 950, "2.675 credits less; 0.325 credits at most", "0.32"),
    ],
)
def test_a_share_that_is_no_whole_number_of_hundredths_keeps_its_exact_room(
    share: str, total: int, room: str, then: str
) -> None:
    part = capped("part", {"share": share, "of": {"fact": "plan.total_credits"}}, **SUM)
    plan = {"level": "higher_vocational", "total_credits": total}
    decided = decide(book({"clauses": also(part)}), line(plan=plan, conversions=[stood("k1", credits_=300)]))
    said = turning(decided)
    assert [each[2] for each in said.room] == [room]
    assert turned(decided) == [[("give up", "k1")], [("course.credits", then)]]


def test_what_is_granted_or_open_needs_no_change_even_where_another_way_lies_open() -> None:
    ways = {"any": [{"fact": "record.score", "at_least": "60"}, {"fact": "record.score", "at_least": "90"}]}
    nothing = Turning((), (), (), ())
    assert turning(of(ways, score="70")) == nothing
    assert turning(of(ways, {"fact": "record.place", "at_most": "3"}, score="70")) == nothing


def test_only_groups_that_are_too_full_say_how_much_room_they_have() -> None:
    kinds = capped("kinds", "1", count="uses", per=[{"fact": "record.kind"}])
    use = {"id": "k1:r9", "conversion": {"credits": 300}, "record": {"id": "r9", "kind": "training"}}
    decided = decide(
        book({"clauses": also(kinds)}),
        line(source("r1", kind="online_course"), source("r2", kind="training"), uses=[use]),
    )
    assert [(clause_, en) for clause_, _, en in turning(decided).room] == [("kinds", "1 less; 0 at most")]
