"""APIs as the well-known ones are described, at a server that speaks them: pets, a git host, payments, weather."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from contracts.tool import context_of

from orchestrator.kernel.errors import InvalidInput, ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.kernel.settings import Secret
from orchestrator.tools.base import Context, Result
from orchestrator.tools.openapi.calling import OperationTool
from orchestrator.tools.openapi.documents import Api
from orchestrator.tools.openapi.operations import Operations, operations
from orchestrator.tools.openapi.reading import Document, read
from orchestrator.tools.openapi.signing import Signer

STORE = {
    "swagger": "2.0",
    "info": {"title": "Pet store"},
    "host": "pets.example",
    "basePath": "/v2",
    "schemes": ["https", "http"],
    "consumes": ["application/json", "application/xml"],
    "paths": {
        "/pet": {
            "post": {
                "operationId": "addPet",
                "parameters": [
                    {"in": "body", "name": "body", "required": True, "schema": {"$ref": "#/definitions/Pet"}}
                ],
                "security": [{"petstore_auth": ["write:pets"]}],
            }
        },
        "/pet/findByStatus": {
            "get": {
                "operationId": "findPetsByStatus",
                "parameters": [
                    {
                        "name": "status", "in": "query", "type": "array", "required": True, "collectionFormat": "multi",
                        "items": {"type": "string", "enum": ["available", "pending", "sold"], "default": "available"},
                    },
                    {"name": "tags", "in": "query", "type": "array", "items": {"type": "string"}},
                ],
                "security": [{"api_key": []}],
            }
        },
        "/pet/{petId}": {
            "parameters": [{"$ref": "#/parameters/petId"}],
            "delete": {"operationId": "deletePet"},
            "post": {
                "operationId": "updatePetWithForm",
                "consumes": ["application/x-www-form-urlencoded"],
                "parameters": [
                    {"name": "name", "in": "formData", "type": "string", "required": True},
                    {"name": "status", "in": "formData", "type": "string"},
                ],
            },
        },
        "/pet/{petId}/uploadImage": {
            "post": {
                "operationId": "uploadFile",
                "consumes": ["multipart/form-data"],
                "parameters": [
                    {"$ref": "#/parameters/petId"},
                    {"name": "note", "in": "formData", "type": "string"},
                    {"name": "file", "in": "formData", "type": "file", "description": "The picture."},
                ],
            }
        },
    },
    "parameters": {"petId": {"name": "petId", "in": "path", "type": "integer", "format": "int64", "required": True}},
    "securityDefinitions": {
        "petstore_auth": {"type": "oauth2", "flow": "implicit", "authorizationUrl": "https://pets.example/login"},
        "api_key": {"type": "apiKey", "name": "api_key", "in": "header"},
    },
    "definitions": {
        "Pet": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string"}, "category": {"$ref": "#/definitions/Category"}},
        },
        "Category": {"type": "object", "properties": {"parent": {"$ref": "#/definitions/Category"}}},
    },
}  # fmt: skip

GIT = """
openapi: 3.2.0
info: {title: Git host}
servers: [{url: "https://api.git.example"}]
security: [{token: []}]
x-paging: &paging
  - {name: per_page, in: query, schema: {type: integer, maximum: 100, default: 30}}
  - {name: page, in: query, schema: &number {type: integer, minimum: 1}}
paths:
  /repos/{owner}/{repo}/issues:
    parameters: &repository
      - {name: owner, in: path, required: true, schema: {type: string}}
      - {name: repo, in: path, required: true, schema: {type: string}}
      - {name: X-Api-Version, in: header, schema: {type: string, enum: ["2026-03-10"]}}
    get:
      operationId: issues/list-for-repo
      deprecated: false
      parameters: *paging
    post:
      operationId: issues/create
      requestBody: {required: true, content: {application/json: {schema: {oneOf: [
        {type: object, required: [title], properties: {title: {type: string}, labels: {type: array}}}]}}}}
  /repos/{owner}/{repo}/issues/{number}:
    parameters: [*repository0, {name: number, in: path, required: true, schema: *number}]
    additionalOperations:
      LOCK: {operationId: issues/lock}
      "NO METHOD": {operationId: issues/odd}
  /repos/{owner}/{repo}/contents/{path}/{file}:
    parameters: *repository
    get:
      operationId: repos/get-content
      parameters:
        - {name: path, in: path, required: true, schema: {type: string}, allowReserved: true}
        - {name: file, in: path, required: true, schema: {type: string}}
        - {name: ref, in: query, allowReserved: true, schema: {type: [string, "null"]}}
  /search:
    query: {operationId: search, requestBody: {content: {application/json: {schema: {type: object}}}}}
  /uploads:
    servers: [{url: "https://uploads.git.example"}]
    post: {operationId: upload}
  /raw:
    servers: [{url: "/raw/v1"}]
    put:
      operationId: raw
      requestBody: {required: true, content: {application/octet-stream: {}}}
webhooks: {push: {post: {operationId: push}}}
components:
  securitySchemes: {token: {type: http, scheme: bearer}}
""".replace(
    "*repository0, ", "{name: owner, in: path, required: true, schema: {}}, {name: repo, in: path, required: true}, "
)

PAY: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Payments"},
    "servers": [{"url": "https://api.pay.example"}],
    "security": [{"basic": []}],
    "paths": {
        "/v1/charges": {
            "post": {
                "operationId": "PostCharges",
                "parameters": [{"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}],
                "requestBody": {
                    "content": {
                        "application/x-www-form-urlencoded": {
                            "encoding": {
                                "expand": {"explode": True, "style": "deepObject"},
                                "metadata": {"explode": True, "style": "deepObject"},
                            },
                            "schema": {
                                "type": "object",
                                "required": ["amount"],
                                "properties": {
                                    "amount": {"type": "integer"},
                                    "expand": {"type": "array", "items": {"type": "string", "maxLength": 5000}},
                                    "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
                                    "source": {"nullable": True, "anyOf": [{"type": "string"}]},
                                    "id": {"$ref": "#/components/schemas/id"},
                                },
                            },
                        }
                    }
                },
            },
            "get": {
                "operationId": "GetCharges",
                "parameters": [
                    {
                        "name": "created", "in": "query", "style": "deepObject", "explode": True,
                        "schema": {"anyOf": [{"type": "object"}, {"type": "integer"}]},
                    },
                    {"name": "ids", "in": "query", "style": "pipeDelimited", "explode": False, "schema": {}},
                ],
                "security": [{"machine": ["charges.read"]}],
            },
        }
    },
    "components": {
        "schemas": {"id": {"type": "string", "readOnly": True}},
        "securitySchemes": {
            "basic": {"type": "http", "scheme": "basic"},
            "machine": {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {"charges.read": "Read."}}},
            },
        },
    },
}  # fmt: skip

WEATHER: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Weather"},
    "servers": [{"url": "https://{host}/data/{version}", "variables": {
        "host": {"default": "w.example"}, "version": {"default": "2.5", "enum": ["2.5", "3.0"]}}}],
    "security": [{"appid": [], "session": []}],
    "paths": {
        "/forecast{place}": {
            "get": {
                "operationId": "forecast",
                "deprecated": True,
                "parameters": [
                    {"name": "place", "in": "path", "required": True, "style": "matrix", "explode": True,
                     "schema": {"type": "object", "additionalProperties": {"type": "number"}}},
                    {"name": "units", "in": "query", "schema": {"$ref": "#/components/schemas/Units"}},
                    {"name": "at", "in": "query", "schema": {"type": ["string", "null"], "format": "date-time"}},
                    {"name": "lang", "in": "cookie", "schema": {"type": "string"}},
                    {"name": "box", "in": "query", "content": {"application/json": {"schema": {"type": "array"}}}},
                ],
            }
        },
        "/tiles/{z}": {"get": {"parameters": [
            {"name": "z", "in": "path", "required": True, "style": "label", "schema": {"type": "array"}}]}},
    },
    "components": {
        "schemas": {"Units": {"allOf": [{"type": "string"}, {"enum": ["metric", "imperial"]}], "default": "metric"}},
        "securitySchemes": {
            "appid": {"type": "apiKey", "in": "query", "name": "appid"},
            "session": {"type": "apiKey", "in": "cookie", "name": "sid"},
        },
    },
}  # fmt: skip


class Place:
    """A server that remembers what it was asked, and the tools of an API there."""

    def __init__(self, root: Path, base: str) -> None:
        self.root, self.base = root, base
        self.asked: list[dict[str, Any]] = []
        self.answers: list[web.Response] = []
        self.tokens = 0
        self.hangs_up = False
        self.secrets = {"key": "k-1", "card": "sk_live:", "machine": "me:pass"}

    async def speak(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.asked.append(
            {
                "line": f"{request.method} {request.raw_path}",
                "body": body,
                "headers": {name.lower(): value for name, value in request.headers.items()},
            }
        )
        if request.path == "/v9/oauth/token" or request.path == "/oauth/token":
            self.tokens += 1
            return web.json_response({"access_token": f"t{self.tokens}", "expires_in": 3600})
        if self.hangs_up and request.transport is not None:
            request.transport.close()
        return self.answers.pop(0) if self.answers else web.json_response({"id": 1})

    def tools(self, document: Any, **secrets: str) -> dict[str, OperationTool]:
        text = document if isinstance(document, str) else json.dumps(document)
        self.found: Operations = operations("x", Document(read(text)), secrets)
        signer = Signer(f"{self.base}/v9")
        return {one.spec.name: OperationTool(one, f"{self.base}/v9", signer) for one in self.found.usable}

    async def call(self, tool: OperationTool, **arguments: Any) -> Result:
        async def secret(name: str, *, host: str = "") -> Secret:
            assert host == "127.0.0.1"
            return Secret(self.secrets[name])

        given: Arguments = arguments
        tool.check(given)
        context: Context = msgspec.structs.replace(context_of(self.root), secret=secret)
        return await tool.call(given, context)

    @property
    def line(self) -> str:
        return str(self.asked[-1]["line"])

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.asked[-1]["headers"])

    @property
    def body(self) -> bytes:
        return bytes(self.asked[-1]["body"])


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path, "")
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", place.speak)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    place.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield place
    await runner.cleanup()


async def test_a_pet_store_of_swagger_two(place: Place) -> None:
    tools = place.tools(STORE, api_key="key", petstore_auth="key")
    assert place.found.problems == {} and place.found.schemes == ("petstore_auth", "api_key")
    await place.call(tools["x_find_pets_by_status"], status=["sold", "pending"], tags=["a b", "c"])
    assert place.line == "GET /v9/pet/findByStatus?status=sold&status=pending&tags=a%20b,c"
    assert place.headers["api_key"] == "k-1"
    with pytest.raises(ToolRetry, match="status"):
        await place.call(tools["x_find_pets_by_status"], status=["lost"])
    await place.call(tools["x_add_pet"], body={"name": "Tom", "category": {"parent": {}}})
    assert place.body == b'{"name":"Tom","category":{"parent":{}}}'
    assert (place.headers["authorization"], place.headers["content-type"]) == ("Bearer k-1", "application/json")
    await place.call(tools["x_update_pet_with_form"], petId=7, body={"name": "Félix & co", "status": "sold"})
    assert (place.line, place.body) == ("POST /v9/pet/7", b"name=F%C3%A9lix+%26+co&status=sold")
    (place.root / "cat.png").write_bytes(b"\x89PNG\r\n")
    upload = tools["x_upload_file"]
    field = upload.spec.parameters["properties"]["body"]["properties"]["file"]
    assert field == {"type": "string", "description": "The picture. (a file of the workspace, by its path)"}
    await place.call(upload, petId=7, body={"note": "hello", "file": "cat.png"})
    boundary = place.headers["content-type"].removeprefix("multipart/form-data; boundary=")
    assert place.body == (
        f'--{boundary}\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="cat.png"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode() + b"\x89PNG\r\n" + f"\r\n--{boundary}--\r\n".encode()  # fmt: skip
    with pytest.raises(ToolRetry):
        await place.call(upload, petId=7, body={"file": "../../etc/passwd"})
    delete = tools["x_delete_pet"].spec
    assert (delete.scope, delete.effects, delete.risks) == ("execute", "idempotent", ("destroys", "sends"))


async def test_a_git_host_with_anchors_and_methods_of_its_own(place: Place) -> None:
    tools = place.tools(GIT, token="key")
    assert place.found.problems == {
        "issues/odd": "'no method' is no method.",
        "upload": "It is at another server: https://uploads.git.example.",
    }
    place.answers = [web.json_response([], headers={"Link": '<https://x/?page=2>; rel="next"'})]
    result = await place.call(tools["x_issues_list_for_repo"], owner="a", repo="b", **{"X-Api-Version": "2026-03-10"})
    assert place.line == "GET /v9/repos/a/b/issues" and place.headers["x-api-version"] == "2026-03-10"
    assert 'rel="next"' in result.content and isinstance(result.data, dict) and "link" in result.data["headers"]
    await place.call(tools["x_repos_get_content"], owner="a", repo="b", path="src/a?", file="b/c.py", ref="a/b?c")
    assert place.line == "GET /v9/repos/a/b/contents/src/a%3F/b%2Fc.py?ref=a/b?c"
    with pytest.raises(ToolRetry, match="part of the address"):
        await place.call(tools["x_repos_get_content"], owner="a", repo="b", path="src/../..", file="c")
    await place.call(tools["x_issues_lock"], owner="a", repo="b", number=3)
    assert place.line == "LOCK /v9/repos/a/b/issues/3" and tools["x_issues_lock"].spec.scope == "execute"
    await place.call(tools["x_search"], body={"q": 1})
    assert place.line == "QUERY /v9/search" and tools["x_search"].spec.scope == "read"
    (place.root / "data.bin").write_bytes(b"\0\1")
    await place.call(tools["x_raw"], body="data.bin")
    assert (place.line, place.body) == ("PUT /raw/v1/raw", b"\0\1")
    assert place.headers["content-type"] == "application/octet-stream"
    with pytest.raises(ToolRetry, match='at body: either "title" is a required property'):
        await place.call(tools["x_issues_create"], owner="a", repo="b", body={})


async def test_payments_with_nested_forms_and_an_account_of_a_machine(place: Place) -> None:
    tools = place.tools(PAY, basic="card", machine="machine")
    charge = tools["x_post_charges"]
    fields = charge.spec.parameters["properties"]["body"]["properties"]
    assert "id" not in fields and fields["source"] == {"anyOf": [{"anyOf": [{"type": "string"}]}, {"type": "null"}]}
    given = {"amount": 5, "expand": ["customer"], "metadata": {"order": "7"}, "source": None}
    await place.call(charge, body=given, **{"Idempotency-Key": "k"})
    assert place.body == b"amount=5&expand%5B0%5D=customer&metadata%5Border%5D=7"
    assert (place.headers["authorization"], place.headers["idempotency-key"]) == ("Basic c2tfbGl2ZTo=", "k")
    place.answers = [web.json_response({"error": {"message": "Your card was declined."}}, status=402)]
    with pytest.raises(ToolFailed, match=r"says 402: .*Your card was declined"):
        await place.call(charge, body={"amount": 5})
    place.asked.clear()
    listed = tools["x_get_charges"]
    place.answers = [web.json_response({"you": "t1"})]
    result = await place.call(listed, created={"gte": 1, "lt": {"a": 2}}, ids=["a", "b"])
    assert place.line == "GET /v9/v1/charges?created%5Bgte%5D=1&created%5Blt%5D%5Ba%5D=2&ids=a%7Cb"
    assert place.headers["authorization"] == "Bearer t1" and result.content == '{"you": "[token]"}'
    assert place.asked[0]["body"] == b"grant_type=client_credentials&scope=charges.read"
    assert place.asked[0]["headers"]["authorization"] == "Basic bWU6cGFzcw=="
    await place.call(listed)
    assert place.tokens == 1
    place.answers = [web.Response(status=401), web.json_response([])]
    await place.call(listed)  # a token that ended before its time is got anew, once
    assert (place.tokens, place.headers["authorization"]) == (2, "Bearer t2")
    place.answers = [web.Response(status=401), web.Response(status=401)]
    with pytest.raises(ToolFailed, match="says 401"):
        await place.call(listed)
    place.secrets["machine"] = "a-token-of-a-person"
    tools = place.tools(PAY, machine="machine")
    await place.call(tools["x_get_charges"])
    assert place.headers["authorization"] == "Bearer a-token-of-a-person"


@pytest.mark.parametrize("status", [0, 502])
async def test_a_payment_that_was_sent_and_got_no_answer_may_have_happened(place: Place, status: int) -> None:
    tools = place.tools(PAY, basic="card")
    place.answers = [web.Response(status=status or 200) for _ in range(2)]
    place.hangs_up = not status
    with pytest.raises(ConnectionError):
        await place.call(tools["x_post_charges"], body={"amount": 5})
    with pytest.raises(ToolFailed):
        await place.call(tools["x_get_charges"])
    place.base = "http://127.0.0.1:9"  # nobody is there: it was not sent
    with pytest.raises(ToolFailed, match="cannot be reached"):
        await place.call(place.tools(PAY, basic="card")["x_post_charges"], body={"amount": 5})


async def test_a_weather_service_with_styles_cookies_and_two_keys(place: Place) -> None:
    tools = place.tools(WEATHER, appid="key", session="key")
    given: Any = {"place": {"lat": 43.7, "lon": 7.2}, "units": "metric", "lang": "fr; x", "box": [1, 2]}
    await place.call(tools["x_forecast"], **given)
    assert place.line == "GET /v9/forecast;lat=43.7;lon=7.2?units=metric&box=%5B1,2%5D&appid=k-1"
    assert place.headers["cookie"] == "lang=fr%3B%20x; sid=k-1"
    await place.call(tools["x_get_tiles_z"], z=[1, 2])
    assert place.line == "GET /v9/tiles/.1,2?appid=k-1"
    place.answers = [web.json_response({"message": "slow down"}, status=429, headers={"Retry-After": "30"})]
    with pytest.raises(ToolFailed, match=r"says 429: .*slow down.*\n\[retry-after: 30\]"):
        await place.call(tools["x_get_tiles_z"], z=[1])
    with pytest.raises(ToolRetry, match="part of the address"):
        await place.call(tools["x_get_tiles_z"], z=[""])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &a {b: *a}", "stands for nothing, or for what it is in"),
        ("a: &a [x]\n" + "".join(f"a{n}: &a{n} [{'*a' + str(n - 1) + ', '}*a]\n" for n in range(1, 2)), "*a0 stands"),
        ("a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 10}]\n" for n in range(1, 9)), "more than"),
        ("- " * 300 + "x", "more than 200 levels deep"),
        ("!!python/object/apply:os.system ['x']", "no tag of plain values"),
        ("{[a]: 1}", "cannot be a name"),
        ("a: 1\n---\nb: 2", "more than one document"),
    ],
)
def test_yaml_that_is_more_than_it_seems_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(text)
    assert said in caught.value.detail


def test_yaml_is_read_as_json_would_hold_it() -> None:
    text = """
openapi: 3.1.0
paths: {}
200: &ok {on: NO, no: yes, at: 2026-01-02, "n": "1", half: .5, null: ~, big: 1_0}
again: {<<: *ok, on: true}
"""
    assert read(text)["200"] == {
        "on": "NO", "no": "yes", "at": "2026-01-02", "n": "1", "half": 0.5, "null": None, "big": "1_0"
    }  # fmt: skip
    assert read(text)["again"]["on"] is True and read(text)["again"]["half"] == 0.5


def test_the_digest_is_of_what_is_kept() -> None:
    assert Api("{}", "https://a.example").digest == Api("{}", "https://a.example").digest
    assert Api("{}", "https://a.example").digest != Api("{}", "https://b.example").digest
