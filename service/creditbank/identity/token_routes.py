"""Where a secret or a password becomes an access token (RFC 6749), and what others need to verify one."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import parse_qsl, unquote_plus
from uuid import UUID

from fastapi import APIRouter, Request, Response

from creditbank import clock
from creditbank.errors import BankError, TooManyRequests
from creditbank.http import problems
from creditbank.identity import clients
from creditbank.identity.actor import Actor
from creditbank.identity.logins import SignInRefused, sign_in
from creditbank.identity.permit import SCOPES
from creditbank.identity.schemas import TokenGiven, TokenRefused
from creditbank.identity.security import Tokens
from creditbank.identity.throttling import address_of

router = APIRouter(tags=["access"])

LONGEST_FORM = 8192
_FORM = "application/x-www-form-urlencoded"
_NEVER_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class _Refusal(Exception):
    """A refusal in the words of RFC 6749 §5.2."""

    def __init__(self, error: str, en: str, zh: str, *, status: int = 400) -> None:
        super().__init__(error)
        self.status = status
        self.body = TokenRefused.model_validate({"error": error, "error_description": en, "error_description_zh": zh})


_CONTRACT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            _FORM: {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"type": "string", "enum": ["client_credentials", "password"]},
                        "scope": {"type": "string", "description": "Fewer scopes than the client has, with spaces."},
                        "username": {"type": "string", "description": "For `password`."},
                        "password": {"type": "string", "description": "For `password`."},
                    },
                }
            }
        },
    },
    "parameters": [
        {
            "name": "Authorization",
            "in": "header",
            "required": False,
            "schema": {"type": "string"},
            "description": "HTTP Basic with client_id and client_secret, for `client_credentials`.",
        }
    ],
}


@router.post(
    "/v1/oauth/token",
    summary="换取访问令牌 | Get an access token",
    response_model=TokenGiven,
    response_model_exclude_none=True,
    openapi_extra=_CONTRACT,
    responses={
        400: {"model": TokenRefused, "description": "The request is not well formed, or the grant does not hold."},
        401: {"model": TokenRefused, "description": "The client is unknown, disabled, or its secret another."},
        **problems(TooManyRequests),
    },
)
async def token(request: Request) -> Response:
    """`client_credentials` for a client of an institution, `password` for a person."""
    try:
        actor = await _who(request, _form(request, await request.body()))
    except _Refusal as refusal:
        return _refused(refusal)
    return _given(request.app.state.tokens, actor)


async def _who(request: Request, form: dict[str, str]) -> Actor:
    grant = form.get("grant_type")
    if grant == "client_credentials":
        return await _client(request, form)
    if grant == "password":
        return await _person(request, form)
    if grant is None:
        raise _Refusal("invalid_request", "grant_type is missing", "缺少 grant_type")
    raise _Refusal("unsupported_grant_type", "client_credentials or password", "仅支持 client_credentials 和 password")


async def _client(request: Request, form: dict[str, str]) -> Actor:
    given = _basic(request.headers.get("authorization"))
    if given is None:
        raise _unknown_client()
    async with request.app.state.database.session() as session:
        client = await clients.client_holding(session, client_id=given[0], secret=given[1], at=clock.now())
    if client is None:
        raise _unknown_client()
    wanted = form.get("scope", "").split()
    if not set(wanted) <= set(client.scopes):
        raise _Refusal(
            "invalid_scope", "the client does not have every scope it asks for", "客户端没有所请求的全部权限"
        )
    return clients.actor_of(client, scopes=wanted or None)


async def _person(request: Request, form: dict[str, str]) -> Actor:
    if "username" not in form or "password" not in form:
        raise _Refusal("invalid_request", "username and password are needed", "需要 username 和 password")
    if form.get("scope"):
        raise _Refusal("invalid_scope", "a person has roles and no scopes", "个人登录按角色授权，不使用 scope")
    state = request.app.state
    try:
        return await sign_in(
            state.database,
            state.keyring,
            state.passwords,
            login_name=form["username"],
            password=form["password"],
            address=address_of(request),
            at=clock.now(),
            checks=state.sign_in_checks,
        )
    except SignInRefused as refused:
        raise _grant_refused(refused) from None
    except BankError as refused:
        if refused.status in {429, 503}:
            raise
        raise _grant_refused(refused) from None


def _form(request: Request, body: bytes) -> dict[str, str]:
    """The fields of the form, each once (RFC 6749 §3.2)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise _Refusal("invalid_request", f"send a form ({_FORM})", f"请以表单（{_FORM}）提交")
    if len(body) > LONGEST_FORM:
        raise _Refusal("invalid_request", "the form is too long", "表单过长")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError:
        raise _Refusal("invalid_request", "the form cannot be read", "表单无法读取") from None
    form = dict(pairs)
    if len(form) != len(pairs) or any("\x00" in value for value in form.values()):
        raise _Refusal("invalid_request", "a field is repeated or not text", "字段重复或不是文字")
    return form


def _basic(header: str | None) -> tuple[UUID, str] | None:
    """Client id and secret from HTTP Basic, each form-encoded first (RFC 6749 §2.3.1)."""
    kind, _, encoded = (header or "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        return (UUID(unquote_plus(name)), unquote_plus(secret)) if colon else None
    except (binascii.Error, ValueError):
        return None


def _given(tokens: Tokens, actor: Actor) -> Response:
    answer = TokenGiven(
        access_token=tokens.issue(actor, at=clock.now()),
        expires_in=int(tokens.lives.total_seconds()),
        scope=" ".join(sorted(actor.scopes)) or None,
        roles=sorted(actor.roles) or None,
        institution_id=actor.institution_id,
        learner_id=actor.learner_id,
    )
    return Response(answer.model_dump_json(exclude_none=True), media_type="application/json", headers=_NEVER_KEPT)


def _refused(refusal: _Refusal) -> Response:
    asked = {"WWW-Authenticate": 'Basic realm="creditbank", charset="UTF-8"'} if refusal.status == 401 else {}
    return Response(
        refusal.body.model_dump_json(),
        status_code=refusal.status,
        media_type="application/json",
        headers={**_NEVER_KEPT, **asked},
    )


def _unknown_client() -> _Refusal:
    return _Refusal("invalid_client", "unknown client, or not its secret", "客户端不存在或密钥不正确", status=401)


def _grant_refused(refused: BankError) -> _Refusal:
    return _Refusal("invalid_grant", refused.sentence("en"), refused.sentence("zh"))


@router.get("/.well-known/jwks.json", summary="The public keys that verify tokens (RFC 7517)")
async def jwks(request: Request, response: Response) -> dict[str, list[dict[str, str]]]:
    """Newest first; a verifier that meets an unknown `kid` asks again."""
    response.headers["Cache-Control"] = "public, max-age=300"
    keys: dict[str, list[dict[str, str]]] = request.app.state.tokens.jwks()
    return keys


@router.get("/.well-known/oauth-authorization-server", summary="Where tokens are had (RFC 8414)")
async def authorization_server(request: Request, response: Response) -> dict[str, Any]:
    """The metadata of the authorization server."""
    response.headers["Cache-Control"] = "public, max-age=300"
    base_url = request.app.state.settings.base_url
    return {
        "issuer": base_url,
        "token_endpoint": f"{base_url}/v1/oauth/token",
        "jwks_uri": f"{base_url}/.well-known/jwks.json",
        "scopes_supported": list(SCOPES),
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials", "password"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "service_documentation": f"{base_url}/openapi.json",
    }
