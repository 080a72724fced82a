"""Conversations: lists, titles, and what was said in them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from orchestrator.api.access import Actor, House, Reader
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.forms import ConversationForm, TitleForm
from orchestrator.api.wire import Conversation, ConversationPage, Message, MessageList
from orchestrator.kernel.events import ConversationDeleted, ConversationOpened, ConversationRenamed

router = APIRouter(route_class=JsonRoute, prefix="/api/v1/conversations", tags=["conversations"])

ConversationId = Annotated[str, Path(min_length=1, max_length=80)]


@router.get("", summary="One's conversations, the last used first")
async def conversations(
    app: House,
    caller: Reader,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str | None, Query(description="`next` of the page before.")] = None,
) -> ConversationPage:
    views = await app.views.conversations(caller.tenant, caller.id, before=before, limit=limit)
    items = [Conversation.of(view) for view in views]
    return ConversationPage(items=items, next=items[-1].id if len(items) == limit else None)


@router.post("", status_code=201, summary="Open a conversation before anything is said")
async def open_conversation(form: ConversationForm, app: House, caller: Actor) -> Conversation:
    conversation_id = app.ids.new("conversation")
    opened = ConversationOpened(form.title.strip())
    await app.ledger.record(conversation_id, opened, tenant=caller.tenant, subject=caller.id)
    return Conversation.of(await app.views.conversation(caller.tenant, caller.id, conversation_id))


@router.get("/{conversation_id}", summary="One conversation")
async def conversation(conversation_id: ConversationId, app: House, caller: Reader) -> Conversation:
    return Conversation.of(await app.views.conversation(caller.tenant, caller.id, conversation_id))


@router.patch("/{conversation_id}", summary="Give it another title")
async def rename(conversation_id: ConversationId, form: TitleForm, app: House, caller: Actor) -> Conversation:
    await app.views.conversation(caller.tenant, caller.id, conversation_id)
    renamed = ConversationRenamed(form.title.strip())
    await app.ledger.record(conversation_id, renamed, tenant=caller.tenant, subject=caller.id)
    return Conversation.of(await app.views.conversation(caller.tenant, caller.id, conversation_id))


@router.delete("/{conversation_id}", status_code=204, summary="Take it off the list; its runs stay in the journal")
async def delete(conversation_id: ConversationId, app: House, caller: Actor) -> Response:
    await app.views.conversation(caller.tenant, caller.id, conversation_id)
    deleted = ConversationDeleted(caller.id)
    await app.ledger.record(conversation_id, deleted, tenant=caller.tenant, subject=caller.id)
    return Response(status_code=204)


@router.get("/{conversation_id}/messages", summary="What was said, oldest first")
async def messages(conversation_id: ConversationId, app: House, caller: Reader) -> MessageList:
    await app.views.conversation(caller.tenant, caller.id, conversation_id)
    said = await app.views.messages(caller.tenant, conversation_id)
    return MessageList(items=[Message.of(view) for view in said])
