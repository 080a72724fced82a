"""OpenAPI documents as tools: what is sent is what the document says, to the server that was named."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from contracts.tool import context_of
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound, ToolFailed, ToolRetry
from orchestrator.kernel.events import ToolsPinned
from orchestrator.kernel.messages import Arguments
from orchestrator.kernel.settings import Secret, Tools
from orchestrator.storage.note import Note
from orchestrator.tools.base import Context, Result
from orchestrator.tools.catalogue import Catalogue, kits
from orchestrator.tools.foreign import Change
from orchestrator.tools.mcp.definitions import MOST, Definition
from orchestrator.tools.openapi.documents import Documents
from orchestrator.tools.openapi.operations import operations
from orchestrator.tools.openapi.reading import Document, read
from orchestrator.tools.sandbox.probe import choose

PETS = """
openapi: 3.0.3
info: {title: Pets, version: "1"}
servers: [{url: "{base}/v1"}]
security: [{key: []}]
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    token: {type: http, scheme: bearer}
  schemas:
    Pet:
      type: object
      required: [name, id]
      properties:
        id: {type: integer, readOnly: true}
        name: {type: string}
        kind: {type: string, enum: [cat, dog], nullable: true}
        age: {type: integer, minimum: 0, exclusiveMinimum: true}
        friends: {type: array, items: {$ref: "#/components/schemas/Pet"}}
paths:
  /pets:
    get:
      operationId: listPets
      summary: List pets.
      parameters:
        - {name: tags, in: query, schema: {type: array, items: {type: string}}}
        - {name: ids, in: query, explode: false, schema: {type: array, items: {type: integer}}}
        - {name: filter, in: query, style: deepObject, schema: {type: object}}
        - {name: X-Trace, in: header, schema: {type: string}}
        - {name: young, in: query, schema: {type: boolean}}
    post:
      operationId: addPet
      security: [{token: []}]
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}
  /pets/{petId}:
    parameters: [{name: petId, in: path, required: true, schema: {type: string}}]
    get: {summary: One pet., security: []}
    delete: {operationId: "pets/delete"}
    patch:
      operationId: rename
      requestBody: {content: {application/x-www-form-urlencoded: {schema: {type: object}}}}
  /photos:
    post:
      operationId: addPhoto
      requestBody: {required: true, content: {image/png: {}}}
  /elsewhere:
    get:
      operationId: elsewhere
      parameters: [{name: a, in: query, schema: {$ref: "https://evil.example/x.json"}}]
"""


class Home:
    def __init__(self, root: Path, catalogue: Catalogue, base: str, asked: list[dict[str, Any]]) -> None:
        self.root, self.catalogue, self.base, self.asked = root, catalogue, base, asked
        self.text = PETS.replace("{base}", base)
        self.pins: dict[str, dict[str, str]] = {}
        self.changes: list[Change] = []
        self.documents = self.opened()

    def opened(self) -> Documents:
        async def tell(change: Change) -> None:
            self.changes.append(change)

        async def pin(pinned: ToolsPinned) -> None:
            self.pins[pinned.source] = pinned.tools

        return Documents(self.root / "openapi", Note, self.catalogue.put, tell, pin, self.pins)

    async def add(self, text: str = "", **options: Any) -> None:
        await self.documents.add("pets", text or self.text, **{"secrets": {"key": "pets"}, "by": "usr_1", **options})

    async def call(self, tool: str, **arguments: Any) -> Result:
        return await self.catalogue.get(tool).call(arguments, self.context)

    @property
    def context(self) -> Context:
        async def secret(name: str, *, host: str = "") -> Secret:
            assert host == "127.0.0.1"
            if name != "pets":
                raise NotAllowed(f"The secret {name} may not be used.")
            return Secret("correct-horse")

        # What the catalogue wraps a tool in asks the vault; here the tool is given one.
        return msgspec.structs.replace(context_of(self.root), secret=secret)

    def names(self) -> set[str]:
        return {spec.name for spec in self.catalogue.specs() if self.catalogue.source(spec.name) == "openapi:pets"}


class Vault:
    async def reveal(self, name: str, *, tool: str, host: str = "", run_id: str = "") -> Secret:
        if name == "gone":
            raise NotFound(f"There is no secret {name!r}.")
        if (name, host) != ("pets", "127.0.0.1"):
            raise NotAllowed(f"The secret {name} may not be used by {tool}.")
        return Secret("correct-horse")

    def redact(self, text: str) -> str:
        return text.replace("correct-horse", "[secret pets]")


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    asked: list[dict[str, Any]] = []

    async def answer(request: web.Request) -> web.Response:
        body = await request.text()
        about = {"method": request.method, "path": request.raw_path, "headers": dict(request.headers), "body": body}
        asked.append(about)
        if request.path.endswith("/missing"):
            return web.json_response({"error": "no such pet"}, status=404)
        if request.path.endswith("/wrong"):
            return web.json_response({"error": "the name is wrong"}, status=422)
        if request.path.endswith("/away"):
            raise web.HTTPFound("http://169.254.169.254/latest")
        if request.path.endswith("/document"):
            return web.Response(text=PETS.replace("{base}", ""), content_type="application/yaml")
        return web.json_response({"name": "Tom", "key": request.headers.get("X-Key", "")})

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    catalogue = Catalogue(Tools(), await choose(Tools()), kits(), secrets=Vault())
    yield Home(tmp_path, catalogue, f"http://127.0.0.1:{runner.addresses[0][1]}", asked)
    await runner.cleanup()


async def test_operations_are_tools_with_what_their_methods_mean(home: Home) -> None:
    await home.add()
    assert home.names() == {
        "pets_list_pets", "pets_add_pet", "pets_get_pets_pet_id", "pets_pets_delete", "pets_rename",
        "pets_add_photo",
    }  # fmt: skip
    (_, found) = home.documents.all()["pets"]
    assert list(found.problems) == ["elsewhere"] and "refers elsewhere" in found.problems["elsewhere"]
    specs = {spec.name: spec for spec in home.catalogue.specs()}
    meant = {name: (specs[name].scope, specs[name].effects, specs[name].risks) for name in home.names()}
    assert meant["pets_list_pets"] == ("read", "none", ("sends",))
    assert meant["pets_add_pet"] == ("execute", "once", ("sends",))
    assert meant["pets_pets_delete"] == ("execute", "idempotent", ("destroys", "sends"))
    assert {specs[name].origin for name in home.names()} == {"web"}
    body = specs["pets_add_pet"].parameters["properties"]["body"]
    assert body["required"] == ["name"] and "id" not in body["properties"]
    assert body["properties"]["kind"] == {"type": ["string", "null"], "enum": ["cat", "dog", None]}
    assert body["properties"]["age"] == {"type": "integer", "exclusiveMinimum": 0}
    assert body["properties"]["friends"]["items"] == {"description": "as above, once more"}


async def test_what_is_sent_is_what_the_document_says(home: Home) -> None:
    await home.add(secrets={"key": "pets", "token": "pets"})
    arguments: Arguments = {
        "tags": ["a b", "c&d"], "ids": [1, 2], "filter": {"age": 3}, "X-Trace": "t", "young": True
    }  # fmt: skip
    result = await home.catalogue.get("pets_list_pets").call(arguments, home.context)
    sent = home.asked[-1]
    assert sent["path"] == "/v1/pets?tags=a%20b&tags=c%26d&ids=1,2&filter%5Bage%5D=3&young=true"
    assert (sent["headers"]["X-Trace"], sent["headers"]["X-Key"]) == ("t", "correct-horse")
    assert result.data == {"status": 200, "body": {"name": "Tom", "key": "[secret pets]"}}
    assert "correct-horse" not in result.content
    await home.call("pets_add_pet", body={"name": "Tom", "friends": []})
    sent = home.asked[-1]
    assert (sent["method"], json.loads(sent["body"])) == ("POST", {"name": "Tom", "friends": []})
    assert sent["headers"]["Authorization"] == "Bearer correct-horse"
    await home.call("pets_get_pets_pet_id", petId="a/../b?c#d")
    assert home.asked[-1]["path"] == "/v1/pets/a%2F..%2Fb%3Fc%23d" and "X-Key" not in home.asked[-1]["headers"]
    await home.call("pets_rename", petId="7", body={"name": "Félix & co"})
    sent = home.asked[-1]
    assert (sent["headers"]["Content-Type"], sent["body"]) == (
        "application/x-www-form-urlencoded", "name=F%C3%A9lix+%26+co"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("pet", "error", "said"),
    [
        ("missing", ToolFailed, "says 404.*no such pet"),
        ("wrong", ToolRetry, "says 422.*the name is wrong"),
        ("..", ToolRetry, "part of the address"),
        ("away", ToolFailed, "private or reserved"),
    ],
)
async def test_what_goes_wrong_is_said(home: Home, pet: str, error: type[Exception], said: str) -> None:
    await home.add()
    with pytest.raises(error, match=said):
        await home.call("pets_get_pets_pet_id", petId=pet)


async def test_wrong_arguments_are_named_and_a_secret_bound_elsewhere_is_not_used(home: Home) -> None:
    await home.add(secrets={"key": "other"})
    with pytest.raises(ToolRetry, match="young"):
        home.catalogue.get("pets_list_pets").check({"young": "perhaps"})
    with pytest.raises(ToolFailed, match="may not be used"):
        await home.call("pets_list_pets")
    assert home.asked == []


async def test_it_is_there_after_a_restart_and_not_if_somebody_changed_it(home: Home) -> None:
    await home.add()
    names = home.names()
    home.catalogue.put("openapi:pets", ())
    home.opened()
    assert home.names() == names
    file = home.root / "openapi" / "pets.json"
    file.write_text(file.read_text().replace(home.base, "http://evil.example"))
    again = home.opened()
    assert home.names() == set() and "not what was added" in again.problems["openapi:pets"]
    home.documents = again
    await home.add()
    assert again.problems == {} and home.names() == names
    file.write_text("{")
    again = home.opened()
    await again.remove("pets", by="usr_1")
    assert again.problems == {} and not file.exists() and home.pins["openapi:pets"] == {}


async def test_a_document_is_had_from_its_address_and_its_server_is_beside_it(home: Home) -> None:
    await home.documents.add("pets", "", url=f"{home.base}/document", secrets={}, by="usr_1")
    assert home.documents.all()["pets"][0].server == f"{home.base}/v1"
    with pytest.raises(Conflict):
        await home.add()
    await home.add(home.text.replace("listPets", "allPets"), replace=True)
    assert "pets_all_pets" in home.names() and "pets_list_pets" not in home.names()
    await home.documents.remove("pets", by="usr_1")
    assert [change.what for change in home.changes] == ["added", "changed", "removed"]
    with pytest.raises(NotFound):
        await home.documents.remove("pets", by="usr_1")
    with pytest.raises(InvalidInput, match="cannot be had"):
        await home.documents.add("pets", "", url=f"{home.base}/missing", secrets={}, by="usr_1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read"),
        ("a: [1]", "which version"),
        ("[]", "no table"),
        ("swagger: '1.2'", "openapi '1.2'"),
        ("openapi: 2.0.0", "openapi '2.0.0'"),
        ("openapi: 3.1.0", "no paths"),
        ("openapi: 3.1.0\npaths: {}\nservers: [{url: https://a.example}]", "No operation"),
        ("openapi: 3.1.0\npaths: {}", "where its server is"),
        ("openapi: 3.1.0\npaths: {}\nservers: [{url: 'ftp://a'}]", "where its server is"),
        ("openapi: 3.1.0\npaths: {}\nservers: [{url: 'http://169.254.169.254'}]", "gives away"),
        ("[" * 100_000, "cannot be read"),
    ],
)
async def test_a_document_that_cannot_be_used_is_refused(home: Home, text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        await home.add(text, secrets={})
    assert home.documents.all() == {} and home.names() == set()


async def test_a_security_scheme_that_is_not_there_is_named(home: Home) -> None:
    with pytest.raises(InvalidInput, match="no security scheme 'tokn'"):
        await home.add(secrets={"tokn": "pets"})


def test_references_that_never_end_end() -> None:
    raw = read(
        json.dumps(
            {
                "openapi": "3.1.0",
                "components": {"parameters": {"a": {"$ref": "#/components/parameters/a"}}},
                "paths": {"/a": {"get": {"parameters": [{"$ref": "#/components/parameters/a"}]}}},
            }
        )
    )
    assert "refers to itself" in operations("x", Document(raw), {}).problems["get /a"]


def test_a_schema_that_doubles_at_every_level_is_bounded() -> None:
    def pair(n: int) -> dict[str, Any]:
        inner = {"$ref": f"#/components/schemas/s{n + 1}"}
        return {"type": "object", "properties": {"a": inner, "b": inner}}

    schemas = {f"s{n}": pair(n) for n in range(40)}
    raw = {"components": {"schemas": {**schemas, "s40": {"type": "string"}}}}
    written = Document(raw).schema({"$ref": "#/components/schemas/s0"})
    assert len(json.dumps(written)) < 100_000 and written["properties"]["a"]["properties"]["b"]["type"] == "object"


def test_a_chain_of_references_is_bounded() -> None:
    schemas = {f"s{n}": {"$ref": f"#/components/schemas/s{n + 1}"} for n in range(5000)}
    assert Document({"components": {"schemas": schemas}}).schema({"$ref": "#/components/schemas/s0"}) == {
        "description": "as above, once more"
    }


MUCH = {
    "openapi": "3.1.0",
    "servers": [{"url": "https://{h}/v1", "variables": {"h": {"default": "x.example"}}}],
    "security": [{"k": []}],
    "paths": {
        "/a/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {
                "operationId": "g",
                "summary": "s",
                "parameters": [
                    {"name": "q", "in": "query", "style": "form", "explode": False, "schema": {"items": {}}},
                    {"name": "f", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}},
                    {"$ref": "#/components/parameters/p"},
                ],
            },
            "post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/n"}}}}},
        },
        "/f": {"$ref": "#/components/pathItems/x"},
    },
    "components": {
        "pathItems": {"x": {"put": {"requestBody": {"required": True, "content": {"text/plain": {}}}}}},
        "parameters": {"p": {"name": "p", "in": "query", "schema": {"nullable": True, "type": "integer"}}},
        "schemas": {"n": {"required": ["n"], "properties": {"n": {"$ref": "#/components/schemas/n"}}}},
        "securitySchemes": {"k": {"type": "apiKey", "in": "header", "name": "X-K"}},
    },
}
OLD = {
    "swagger": "2.0",
    "host": "x.example",
    "basePath": "/v2",
    "schemes": ["http"],
    "consumes": ["application/json"],
    "paths": {
        "/a/{id}": {
            "parameters": [{"$ref": "#/parameters/id"}],
            "get": {"parameters": [{"name": "q", "in": "query", "type": "array", "collectionFormat": "multi"}]},
            "post": {"parameters": [{"name": "b", "in": "body", "schema": {"$ref": "#/definitions/n"}}]},
            "put": {"parameters": [{"name": "f", "in": "formData", "type": "file"}], "security": [{"k": []}]},
        }
    },
    "parameters": {"id": {"name": "id", "in": "path", "required": True, "type": "string"}},
    "definitions": {"n": {"properties": {"n": {"$ref": "#/definitions/n"}}}},
    "securityDefinitions": {"k": {"type": "oauth2", "flow": "application", "tokenUrl": "/t"}},
}
JUNK = st.recursive(
    st.sampled_from([None, True, 0, 1.5, "", "x", "#/paths", "é\r\n"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["$ref", "type", "required", "allOf", "1", "name"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def places(node: Any) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [(), *((key, *place) for key, one in inner for place in places(one))]


EVERY = [(document, place) for document in (MUCH, OLD) for place in places(document) if place]


@given(at=st.sampled_from(EVERY), junk=JUNK, yaml=st.booleans())
def test_whatever_stands_in_a_document_it_is_read_or_refused(
    at: tuple[dict[str, Any], tuple[Any, ...]], junk: Any, yaml: bool
) -> None:
    document, place = json.loads(json.dumps(at[0])), at[1]
    node = document
    for step in place[:-1]:
        node = node[step]
    node[place[-1]] = junk
    text = ("# yaml\n" if yaml else "") + json.dumps(document)
    try:
        found = operations("x", Document(read(text)), {"k": "secret"})
    except InvalidInput:
        return
    for one in found.usable:
        assert not Definition(one.name, parameters=one.spec.parameters).problem()


async def test_what_is_left_out_is_said(home: Home) -> None:
    paths: dict[str, Any] = {f"/p{n}": {"get": {}} for n in range(MOST + 2)}
    document = {"openapi": "3.0.0", "servers": [{"url": "https://x.example"}], "paths": {**paths, "/odd": "none"}}
    await home.add(json.dumps(document), secrets={})
    _, found = home.documents.all()["pets"]
    assert len(found.usable) == MOST
    assert found.problems["/odd"] == "The document has something else where an object must be."
    assert found.problems["2 more"].startswith(f"of one document, the first {MOST}")


async def test_a_secret_that_is_not_there_is_named(home: Home) -> None:
    await home.add(secrets={"key": "gone"})
    with pytest.raises(ToolFailed, match="no secret 'gone'"):
        await home.call("pets_list_pets")
