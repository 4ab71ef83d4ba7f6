"""The contract at /openapi.json: what FastAPI knows of the routes, with who may and every error each can answer."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from creditbank.http import Problem
from creditbank.identity.gate import session_cookie
from creditbank.identity.permit import SCOPES, Permit
from creditbank.identity.who_may import permit_for

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_METHODS = ("get", "put", "post", "delete", "patch")
_WRITES = ("put", "post", "delete", "patch")

_MEANS = {
    "400": "The request cannot be understood.",
    "401": "No access token, or one that does not hold; `WWW-Authenticate` says which.",
    "403": "The caller is known, and this is not theirs to do.",
    "404": "Not there, or not yours: the two look the same.",
    "409": "It contradicts what is there, or an Idempotency-Key came with another payload; nothing was written.",
    "410": "What was asked for was kept until its retention date and is gone.",
    "413": "The body is larger than the bank reads in one call; nothing was written.",
    "422": "The content is not well formed; `faults` lists where.",
    "429": "Too many requests; `Retry-After` says when to try again, in seconds.",
    "500": "The bank's own mistake; nothing was written.",
    "503": "Temporarily unavailable; nothing was written. `Retry-After` says when to try again, in seconds.",
}


def contract_of(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of an application, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, summary=app.summary, description=app.description, routes=app.routes
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        document = _with_names_of_its_own(document)
        names = _names_of(app)
        document["components"]["securitySchemes"] = _security(app.state.settings.base_url)
        for path, item in document["paths"].items():
            for method in _METHODS:
                if method in item:
                    item[method]["operationId"] = names.get((method, path), item[method]["operationId"])
                    _complete(item[method], path, method)
        app.openapi_schema = document
    return app.openapi_schema


def _names_of(app: FastAPI) -> dict[tuple[str, str], str]:
    """What an operation is called that names itself nowhere: as its function is, without address and method.

    Programs that are generated from the contract call their functions so. A test holds that no two are the same.
    """
    return {
        (method.lower(), route.path_format): route.name
        for route in app.routes
        if isinstance(route, APIRoute) and route.operation_id is None
        for method in route.methods or ()
    }


_AS_SENT, _AS_ANSWERED = "-Input", "-Output"


def _with_names_of_its_own(document: dict[str, Any]) -> dict[str, Any]:
    """A shape that is sent otherwise than it is answered gets two names, `…In` and `…Out`, also as its titles.

    pydantic tells the two apart by their names and not by their titles, by which generators name their classes.
    """
    schemas = document["components"]["schemas"]
    renamed = {
        name: name.removesuffix(old) + new
        for name in schemas
        for old, new in ((_AS_SENT, "In"), (_AS_ANSWERED, "Out"))
        if name.endswith(old)
    }
    if taken := set(renamed.values()) & set(schemas):
        raise ValueError(f"two schemas would be called {sorted(taken)}")
    for old, new in renamed.items():
        schemas[new] = {**schemas.pop(old), "title": new}
    refers = {f"#/components/schemas/{old}": f"#/components/schemas/{new}" for old, new in renamed.items()}
    renewed: dict[str, Any] = _referring(document, refers)
    return renewed


def _referring(node: Any, refers: dict[str, str]) -> Any:
    """The same with what it refers to renamed, the mapping of a discriminator included."""
    if isinstance(node, dict):
        return {name: _referring(part, refers) for name, part in node.items()}
    if isinstance(node, list):
        return [_referring(part, refers) for part in node]
    return refers.get(node, node) if isinstance(node, str) else node


def _complete(operation: dict[str, Any], path: str, method: str) -> None:
    permit = permit_for(method.upper(), path)
    responses = operation["responses"]
    # FastAPI's own 422 describes a body that this bank never sends.
    if "HTTPValidationError" in str(responses.get("422", "")):
        del responses["422"]
    for status in _possible(operation, path, method, permit):
        responses.setdefault(status, {"description": _MEANS[status]})
    for status, response in responses.items():
        if status >= "400" and not _says_otherwise(response):
            response["content"] = _PROBLEM
    operation["responses"] = dict(sorted(responses.items()))
    operation["security"] = [] if permit is None else _asks_for(permit)


def _says_otherwise(response: dict[str, Any]) -> bool:
    """Whether a refusal has a shape of its own, as those of RFC 6749 have."""
    return any(
        "$ref" in str(said) and "schemas/Problem'" not in str(said) for said in response.get("content", {}).values()
    )


def _possible(operation: dict[str, Any], path: str, method: str, permit: Permit | None) -> list[str]:
    """What an operation can answer because of what it is."""
    possible = ["500", "503"]
    if permit is not None:
        possible.append("401")
        if not permit.everybody:
            possible.append("403")
    if "{" in path:
        possible.append("404")
    if method in _WRITES:
        possible += ["404", "409", "413", "422"]
    if operation.get("parameters"):
        possible.append("422")
    return possible


def _asks_for(permit: Permit) -> list[dict[str, list[str]]]:
    if permit.by_cookie:
        return [{"session": []}]
    asked: list[dict[str, list[str]]] = []
    if permit.scopes or permit.everybody:
        asked.append({"client": sorted(permit.scopes)})
    if permit.roles or permit.everybody:
        asked.append({"person": []})
    return asked


def _security(base_url: str) -> dict[str, Any]:
    token_url = f"{base_url}/v1/oauth/token"
    return {
        "client": {
            "type": "oauth2",
            "description": "机构客户端，HTTP Basic 换取令牌。|A client of one institution, by HTTP Basic.",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": token_url,
                    "scopes": {scope: f"{zh}|{en}" for scope, (zh, en) in SCOPES.items()},
                }
            },
        },
        "person": {
            "type": "oauth2",
            "description": "个人登录。|A person who signs in.",
            "flows": {"password": {"tokenUrl": token_url, "scopes": {}}},
        },
        "session": {"type": "apiKey", "in": "cookie", "name": session_cookie(base_url)},
    }
