"""The published contracts are what the code makes, and every example of them is what it says it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from creditbank.config import Settings
from creditbank.published import contracts, drift, text_of
from creditbank.records.schemas import ROW
from creditbank.records.tables import RECORD_KINDS
from creditbank.rules.cases import check
from creditbank.sealing import Keyring

SCHEMAS = Path(__file__).parents[2] / "schemas"
EXAMPLES = SCHEMAS / "examples"
PUBLISHED = {"openapi.json", "record-row.schema.json", "rule-document.schema.json", "transcript.schema.json"}
VERSION = re.compile(r"3\.1\.\d+")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The contracts, made from the code as `creditbank contract` makes them."""
    keys = tmp_path_factory.mktemp("contract") / "keys"
    settings = Settings(keys_dir=keys, database_url=None, base_url="http://127.0.0.1:8000")
    return contracts(Keyring.open(keys, create=True), settings)


def schema_of(example: Path) -> dict[str, Any]:
    """The published schema that an example is of: its name before the first dot, or a payload of the API."""
    kind = example.name.split(".")[0]
    if kind in PAYLOADS:
        document = json.loads((SCHEMAS / "openapi.json").read_text(encoding="utf-8"))
        return {"$ref": f"#/components/schemas/{PAYLOADS[kind]}", "components": document["components"]}
    found: dict[str, Any] = json.loads((SCHEMAS / f"{kind}.schema.json").read_text(encoding="utf-8"))
    return found


PAYLOADS = {
    "records-batch": "BatchIn", "records-batch-outcome": "BatchOut", "problem": "Problem", "share": "ShareIn",
    "shared": "SharedOut",
}  # fmt: skip


def examples(kind: str = "") -> list[Path]:
    return sorted(EXAMPLES.glob(f"{kind}*.json"))


def content(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=FormatChecker())


def test_the_published_contracts_are_what_the_code_makes(made: dict[str, Any]) -> None:
    assert set(made) == PUBLISHED == {path.name for path in SCHEMAS.glob("*.json")}
    assert drift(SCHEMAS, made) == [], "write them again: creditbank contract"


def test_a_contract_is_the_same_wherever_it_is_made(made: dict[str, Any], tmp_path: Path) -> None:
    elsewhere = contracts(Keyring.open(tmp_path / "keys", create=True), Settings(keys_dir=tmp_path / "keys"))
    assert {name: text_of(body) for name, body in elsewhere.items()} == {
        name: text_of(body) for name, body in made.items()
    }


def test_every_published_schema_is_a_schema(made: dict[str, Any]) -> None:
    for name, body in made.items():
        if name == "openapi.json":
            assert VERSION.fullmatch(body["openapi"])
        else:
            Draft202012Validator.check_schema(body)
            assert body.get("$id", name) == name


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for part in node.values():
            yield from references(part)
    elif isinstance(node, list):
        for part in node:
            yield from references(part)


def test_whatever_the_contract_refers_to_is_in_it_and_nothing_in_it_is_unused(made: dict[str, Any]) -> None:
    document = made["openapi.json"]
    named = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) == named


def test_no_name_in_the_contract_tells_of_a_module(made: dict[str, Any]) -> None:
    """Two payloads with one name are published under the paths of their modules, which then can never move."""
    assert [name for name in made["openapi.json"]["components"]["schemas"] if "creditbank" in name] == []


def test_every_operation_has_a_name_of_its_own_and_says_what_it_is_for(made: dict[str, Any]) -> None:
    names = []
    for path, item in made["openapi.json"]["paths"].items():
        for method, operation in item.items():
            names.append(operation["operationId"])
            assert operation.get("summary"), (method, path)
            assert operation.get("tags"), (method, path)
            for status, answer in operation["responses"].items():
                assert answer["description"], (method, path, status)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("example", examples(), ids=lambda path: path.name)
def test_every_example_is_valid(example: Path) -> None:
    validator(schema_of(example)).validate(content(example))
    assert example.read_text(encoding="utf-8") == json.dumps(content(example), ensure_ascii=False, indent=2) + "\n"


def test_there_is_an_example_of_every_kind_of_record_and_of_every_schema() -> None:
    assert {content(path)["kind"] for path in examples("record-row.")} == set(RECORD_KINDS)
    for name in PUBLISHED - {"openapi.json"}:
        assert examples(name.removesuffix(".schema.json")), name
    for name in PAYLOADS:
        assert examples(name), name


@pytest.mark.parametrize("example", examples("record-row."), ids=lambda path: path.name)
def test_an_example_of_a_row_is_named_after_its_kind_and_the_service_reads_it(example: Path) -> None:
    assert example.name == f"record-row.{content(example)['kind']}.json"
    ROW.validate_python(content(example))


@pytest.mark.parametrize("example", examples("record-row."), ids=lambda path: path.name)
def test_the_schema_of_a_row_sees_a_field_that_is_missing_or_that_nobody_knows(example: Path) -> None:
    row, schema = content(example), validator(schema_of(example))
    for name in ("kind", "learner", "occurred_on"):
        with pytest.raises(ValidationError):
            schema.validate({key: value for key, value in row.items() if key != name})
    with pytest.raises(ValidationError):
        schema.validate({**row, "remark": "x"})


def test_the_example_of_a_rule_document_holds_its_own_cases() -> None:
    lines, holds = check([EXAMPLES / "rule-document.json"])
    assert holds, "\n".join(lines)
