"""Rule: statements of SQL. Any tool with a parameter `sql`: what only looks, at files of the workspace, is no question.

Where its files lie is judged by the rule of paths.
"""

from typing import ClassVar

from orchestrator.kernel.ids import call_hash
from orchestrator.kernel.settings import Policy
from orchestrator.policy.base import Call, Decision
from orchestrator.policy.shell import statements


class Statements:
    name: ClassVar[str] = "statements"

    def __init__(self, settings: Policy) -> None:
        del settings

    def judge(self, call: Call) -> Decision | None:
        sql = statement_of(call)
        if sql is None:
            return None
        named = statements.files(sql)
        if named is not None and statements.only_looks(sql) and not any("://" in name for name in named):
            return None
        reason = f"{call.tool} would do more than look at the files it is given."
        details = {"tool": call.tool, "program": call.tool}
        return Decision("ask", self.name, "changes_data", reason, details, "Look with SELECT first, and keep a copy.")

    def shape(self, call: Call) -> str | None:
        decision = self.judge(call)
        return call_hash(call.tool, call.arguments) if decision is not None else None


def statement_of(call: Call) -> str | None:
    sql = call.arguments.get("sql")
    return sql if isinstance(sql, str) else None
