from __future__ import annotations

import uuid
from datetime import date
from enum import Enum
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Path, Query
from fastapi.security import APIKeyHeader, HTTPBearer, OAuth2PasswordBearer
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from corsense.fetch.wire import NetworkError, WireRequest, WireResponse
from corsense.readers import InputError
from corsense.readers.openapi import ApiOperation, discover, operations


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Item(BaseModel):
    name: str


def described_app() -> FastAPI:
    app = FastAPI()
    router = APIRouter(prefix="/api")

    @router.get("/users/{user_id}")
    def user(user_id: int, x_tenant: Annotated[str, Header()], page: Annotated[int, Query()] = 1) -> None: ...

    @router.put("/things/{key}/{colour}/{day}/{size}", dependencies=[Depends(HTTPBearer())])
    def thing(key: uuid.UUID, colour: Colour, day: date, size: Annotated[int, Path(ge=10)], item: Item) -> None: ...

    @router.get("/files/{path:path}", dependencies=[Depends(APIKeyHeader(name="X-Key"))])
    def files(path: str) -> None: ...

    @router.post("/login", dependencies=[Depends(OAuth2PasswordBearer("token"))])
    def login() -> None: ...

    app.include_router(router)
    return app


def found(method: str, path: str) -> ApiOperation:
    listed = operations(described_app().openapi())
    return next(operation for operation in listed if (operation.method, operation.path) == (method, path))


def test_path_parameters_get_values_that_their_types_accept() -> None:
    assert found("GET", "/api/users/{user_id}").example_path == "/api/users/1"
    assert found("PUT", "/api/things/{key}/{colour}/{day}/{size}").example_path == (
        "/api/things/00000000-0000-4000-8000-000000000000/red/2024-01-01/10"
    )
    assert found("GET", "/api/files/{path}").example_path == "/api/files/example"


def test_declared_headers_and_api_keys_are_listed_in_lower_case() -> None:
    assert found("GET", "/api/users/{user_id}").header_names == ("x-tenant",)
    assert found("GET", "/api/files/{path}").header_names == ("x-key",)


def test_schemes_that_use_the_authorization_header_are_recognised() -> None:
    assert found("PUT", "/api/things/{key}/{colour}/{day}/{size}").needs_authorization
    assert found("POST", "/api/login").needs_authorization
    assert not found("GET", "/api/files/{path}").needs_authorization


def test_json_bodies_are_recognised() -> None:
    assert found("PUT", "/api/things/{key}/{colour}/{day}/{size}").has_json_body
    assert not found("POST", "/api/login").has_json_body


def test_references_parameters_of_the_path_and_swagger_2_are_understood() -> None:
    document = {
        "basePath": "/v1/",
        "securityDefinitions": {"key": {"type": "apiKey", "in": "header", "name": "Authorization"}},
        "security": [{"key": []}],
        "parameters": {"id": {"in": "path", "name": "id", "type": "string", "enum": ["a b"]}},
        "paths": {
            "/x/{id}": {
                "parameters": [{"$ref": "#/parameters/id"}, {"in": "header", "name": "X-A"}, {"in": "header", "name": "Cookie"}],
                "post": {"parameters": [{"in": "body", "name": "body"}]},
                "get": {"security": []},
            }
        },
    }

    get, post = operations(document)

    assert (get.method, get.needs_authorization) == ("GET", False)
    assert post == ApiOperation("POST", "/v1/x/{id}", "/v1/x/a%20b", ("x-a",), needs_authorization=True, has_json_body=True)


def test_the_path_of_the_first_server_comes_before_every_path() -> None:
    document = {"servers": [{"url": "https://api.example.com/api/v2/"}], "paths": {"/x": {"get": {}}}}

    assert operations(document)[0].path == "/api/v2/x"


@pytest.mark.parametrize("document", [None, [], "text", {}, {"paths": []}, {"openapi": "3.1.0"}])
def test_what_is_no_openapi_document_is_refused_with_the_remedy(document: object) -> None:
    with pytest.raises(InputError, match=r"openapi\.json"):
        operations(document)


def test_circular_references_end() -> None:
    document: dict[str, Any] = {
        "components": {"parameters": {"a": {"$ref": "#/components/parameters/b"}, "b": {"$ref": "#/components/parameters/a"}}},
        "paths": {"/x/{id}": {"get": {"parameters": [{"$ref": "#/components/parameters/a"}]}}},
    }

    assert operations(document)[0].example_path == "/x/1"


KEYS = st.sampled_from(
    ["paths", "/x/{id}", "get", "post", "parameters", "in", "name", "schema", "type", "$ref", "#/paths", "security", "components",
     "securitySchemes", "requestBody", "content", "servers", "url", "anyOf", "enum", "minimum", "maximum", "minLength", "format"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | KEYS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=25,
)


@settings(max_examples=120, deadline=None)
@given(VALUES, VALUES, VALUES)
def test_no_document_makes_the_reader_fail_in_another_way(item: object, operation: object, rest: object) -> None:
    document = {**(rest if isinstance(rest, dict) else {}), "paths": {"/x/{id}": {"get": operation}, "/y": item}}

    for listed in operations(document):
        assert listed.example_path.startswith("/")


class Published:
    """Serves bodies by path."""

    def __init__(self, **bodies: str) -> None:
        self.bodies = {path.replace("_", "/"): body for path, body in bodies.items()}
        self.asked: list[str] = []

    def read(self, request: WireRequest, *, limit: int = 0) -> Answer | NetworkError:
        path = request.url.removeprefix("http://localhost:8000")
        self.asked.append(path)
        body = self.bodies.get(path.removesuffix("/openapi.json").strip("/") or "root")
        return Answer(WireResponse(404), b"") if body is None else Answer(WireResponse(200), body.encode())


class Answer:
    def __init__(self, response: WireResponse, body: bytes) -> None:
        self.response = response
        self.body = body


DOCUMENT = '{"paths": {"/items": {"get": {}}}}'


def test_the_document_is_found_at_the_root_of_the_server() -> None:
    server = Published(root=DOCUMENT)

    listed = discover(server, "http://localhost:8000")

    assert listed is not None
    assert [operation.path for operation in listed] == ["/items"]
    assert server.asked == ["/openapi.json"]


def test_a_document_below_a_prefix_that_a_proxy_cuts_off_is_moved_below_it() -> None:
    listed = discover(Published(api=DOCUMENT), "http://localhost:8000/api")

    assert listed is not None
    assert listed[0].path == listed[0].example_path == "/api/items"


def test_a_document_below_a_prefix_that_its_paths_already_name_is_taken_as_it_is() -> None:
    listed = discover(Published(api_v1='{"paths": {"/api/v1/items": {"get": {}}}}'), "http://localhost:8000/api/v1/")

    assert listed is not None
    assert listed[0].path == "/api/v1/items"


def test_the_document_at_the_root_serves_for_a_url_below_it() -> None:
    server = Published(root=DOCUMENT)

    listed = discover(server, "http://localhost:8000/items?page=1")

    assert listed is not None
    assert server.asked == ["/items/openapi.json", "/openapi.json"]


@pytest.mark.parametrize("body", ["<html>", "[]", "{}", "[" * 200_000])
def test_what_is_served_there_but_is_no_document_is_passed_over(body: str) -> None:
    assert discover(Published(root=body), "http://localhost:8000") is None


def test_without_a_document_there_is_nothing() -> None:
    assert discover(Published(), "http://localhost:8000/api") is None


def test_a_server_that_does_not_answer_is_asked_once() -> None:
    asked: list[str] = []

    class Down:
        def read(self, request: WireRequest, *, limit: int = 0) -> NetworkError:
            asked.append(request.url)
            return NetworkError()

    assert discover(Down(), "http://localhost:8000/api") is None
    assert len(asked) == 1


def test_a_base_that_is_no_url_is_refused() -> None:
    with pytest.raises(InputError, match="'localhost:8000'"):
        discover(Published(), "localhost:8000")
