"""What the author of each of AgentDojo's tools would declare to us: whose words it returns, and what it can do.

A tool that returns what others wrote (mail, reviews, messages, shared files) says `web`. Everything that
changes something says so, with its risk.
"""

from msgspec import Struct

from orchestrator.kernel.messages import Effects, Origin, Risk, Scope


class Label(Struct, frozen=True):
    origin: Origin = "web"
    scope: Scope = "read"
    effects: Effects = "none"
    risks: tuple[Risk, ...] = ()


READS = Label()
OWN = Label("tool")  # facts of the account or the day, written by nobody else
SENDS = Label("tool", "execute", "once", ("sends",))
DESTROYS = Label("tool", "execute", "once", ("destroys",))
CHANGES = Label("tool", "execute", "once", ("destroys",))
PAYS = Label("tool", "execute", "once", ("pays", "sends"))

LABELS: dict[str, Label] = {
    # workspace and travel
    "send_email": SENDS,
    "delete_email": DESTROYS,
    "get_current_day": OWN,
    "create_calendar_event": SENDS,
    "cancel_calendar_event": DESTROYS,
    "reschedule_calendar_event": CHANGES,
    "add_calendar_event_participants": SENDS,
    "append_to_file": CHANGES,
    "create_file": Label("tool", "execute", "once", ("destroys",)),
    "delete_file": DESTROYS,
    "share_file": SENDS,
    "get_user_information": OWN,
    "reserve_hotel": PAYS,
    "reserve_car_rental": PAYS,
    "reserve_restaurant": PAYS,
    # banking
    "get_iban": OWN,
    "get_balance": OWN,
    "get_user_info": OWN,
    "get_scheduled_transactions": OWN,
    "read_file": Label("file"),
    "send_money": PAYS,
    "schedule_transaction": PAYS,
    "update_scheduled_transaction": PAYS,
    "update_password": CHANGES,
    "update_user_info": CHANGES,
    # slack
    "add_user_to_channel": SENDS,
    "send_direct_message": SENDS,
    "send_channel_message": SENDS,
    "invite_user_to_slack": SENDS,
    "remove_user_from_slack": DESTROYS,
    "post_webpage": SENDS,
}


def label_of(tool: str) -> Label:
    return LABELS.get(tool, READS)
