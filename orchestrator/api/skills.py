"""Skills: looked at, added as files, shown, removed."""

import base64
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from orchestrator.api.access import Admin, House, Reader
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.forms import Form
from orchestrator.tools.skills.skill import BODY, LARGEST, MOST, Skill, body_of, skill_of

router = APIRouter(route_class=JsonRoute, prefix="/api/v1/skills", tags=["tools"])

Name = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
FilePath = Annotated[str, Field(min_length=1, max_length=800)]
Bytes = Annotated[
    str,
    Field(max_length=LARGEST * 4 // 3 + 4, pattern=r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"),
]


class SkillForm(Form):
    """The files of a folder, base64 by path. `unsigned`: wanted although no trusted key has signed it.

    `replace`: in the place of the version that is there.
    """

    files: Annotated[dict[FilePath, Bytes], Field(min_length=1, max_length=MOST)]
    unsigned: bool = False
    replace: bool = False


class SkillShown(BaseModel):
    name: str
    description: str
    license: str
    compatibility: Annotated[str, Field(description="where it works, in its words")]
    metadata: dict[str, str]
    needs: Annotated[list[str], Field(description="what it says it uses")]
    files: list[str]
    signed: Literal["no", "unknown", "trusted"]
    key: str
    digest: str


class SkillWhole(SkillShown):
    body: str


class SkillList(BaseModel):
    items: list[SkillShown]
    problems: dict[str, str]


def _files(form: SkillForm) -> dict[str, bytes]:
    return {path: base64.b64decode(data) for path, data in form.files.items()}


def _shown(app: House, skill: Skill) -> SkillShown:
    return SkillShown(
        name=skill.name,
        description=skill.description,
        license=skill.license,
        compatibility=skill.compatibility,
        metadata=skill.metadata,
        needs=list(skill.needs),
        files=list(skill.files),
        signed=skill.signed(app.foreign.skills.trusted),
        key=skill.key,
        digest=skill.digest,
    )


@router.get("", summary="The skills there are")
async def skills(app: House, caller: Reader) -> SkillList:
    return SkillList(
        items=[_shown(app, skill) for skill in app.foreign.skills.all()], problems=app.foreign.skills.problems
    )


@router.get("/{name}", summary="One skill, with its instructions")
async def skill(name: Name, app: House, caller: Reader) -> SkillWhole:
    found = app.foreign.skills.get(name)
    return SkillWhole(**_shown(app, found).model_dump(), body=body_of(app.foreign.skills.read(name, BODY)))


@router.post("/look", summary="What a skill would tell an agent, and who signed it: nothing is kept, nothing run")
async def look_at_skill(form: SkillForm, app: House, caller: Admin) -> SkillWhole:
    files = _files(form)
    return SkillWhole(**_shown(app, skill_of(files)).model_dump(), body=body_of(files[BODY]))


@router.post("", status_code=201, summary="Add a skill: nothing in it is run")
async def add_skill(form: SkillForm, app: House, caller: Admin) -> SkillShown:
    files = _files(form)
    added = await app.foreign.skills.add(files, unsigned=form.unsigned, replace=form.replace, by=caller.id)
    return _shown(app, added)


@router.delete("/{name}", status_code=204, summary="Remove a skill", response_class=Response)
async def remove_skill(name: Name, app: House, caller: Admin) -> Response:
    await app.foreign.skills.remove(name, by=caller.id)
    return Response(status_code=204)
