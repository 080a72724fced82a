"""Every error of the product, in one tree. Codes are stable: clients may rely on them.

OrchestratorError
├── InvalidInput            the request cannot be understood
│   ├── InvalidSettings
│   └── TooLarge
├── NotFound
├── Conflict                it clashes with what is already so
│   ├── RunFinished         a finished run does not change
│   ├── AlreadyAnswered     an approval is answered once
│   └── DataFolderInUse     another server owns this data folder
├── RunFailed               the run ended without an answer
├── BudgetExceeded          nothing more may be spent for now
│   ├── BudgetUnknown       nobody can say what it would cost
│   └── BudgetUnavailable   what may be spent cannot be looked up or written down now
├── NotAuthenticated
├── NotAllowed
│   ├── OutsideWorkspace
│   └── TooManyAttempts
├── ModelError
│   ├── ModelUnavailable    cannot be reached, or refuses for now
│   │   └── ModelPaused     we do not ask it now: it failed too often, said when to come back, or has enough to do
│   ├── ModelTimeout
│   ├── ModelRejected       the provider says our request is wrong
│   ├── ModelGarbled        the reply breaks the provider's own protocol
│   │   └── ModelMisshaped  the reply is not of the JSON schema that was asked for
│   └── NoModel             nothing configured can do what is asked
├── ToolError
│   ├── ToolRetry           the call was wrong; the model should correct it
│   └── ToolFailed          it was right and could not be done; the model should go on
├── LaneError
│   ├── LaneUnavailable     no connection to speak over now
│   └── NobodyThere         nobody answered in time
└── JournalError
    ├── JournalUnavailable  nothing can be recorded now (a full disk); what was acknowledged is safe
    ├── JournalBroken       the disk lied about a write; the process must restart
    ├── JournalDamaged      what is stored is not what was written
    └── Fenced              someone else writes this stream
"""

from typing import ClassVar


class OrchestratorError(Exception):
    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str, *, hint: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint  # what the person can do about it

    @property
    def told(self) -> dict[str, str | float] | None:
        """A stable word and what it names, to say the same in other languages (kernel/failures.py)."""
        return None

    def __str__(self) -> str:
        return f"{self.detail} {self.hint}".strip()


class InvalidInput(OrchestratorError):
    code = "invalid_input"


class InvalidSettings(InvalidInput):
    code = "invalid_settings"


class TooLarge(InvalidInput):
    code = "too_large"


class NotFound(OrchestratorError):
    code = "not_found"


class Conflict(OrchestratorError):
    code = "conflict"


class RunFinished(Conflict):
    code = "run_finished"


class AlreadyAnswered(Conflict):
    code = "already_answered"


class DataFolderInUse(Conflict):
    code = "data_folder_in_use"


class RunFailed(OrchestratorError):
    code = "run_failed"


class BudgetExceeded(OrchestratorError):
    code = "budget_exceeded"

    def __init__(self, detail: str, *, hint: str = "", details: dict[str, str] | None = None) -> None:
        super().__init__(detail, hint=hint)
        self.details = details or {}  # which budget, and how it stands


class BudgetUnknown(BudgetExceeded):
    code = "budget_unknown"


class BudgetUnavailable(BudgetExceeded):
    code = "budget_unavailable"
    retryable = True


class NotAuthenticated(OrchestratorError):
    code = "not_authenticated"


class NotAllowed(OrchestratorError):
    code = "not_allowed"


class OutsideWorkspace(NotAllowed):
    code = "outside_workspace"


class TooManyAttempts(NotAllowed):
    code = "too_many_attempts"
    retryable = True

    def __init__(self, detail: str, *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(detail, hint=hint)
        self.retry_after = retry_after  # seconds


class ModelError(OrchestratorError):
    code = "model_error"
    tried: bool = False  # again, and elsewhere, as far as the settings allow: whoever hears of it need not


class ModelUnavailable(ModelError):
    code = "model_unavailable"
    retryable = True

    def __init__(self, detail: str, *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(detail, hint=hint)
        self.retry_after = retry_after  # seconds, when the provider says


class ModelPaused(ModelUnavailable):
    code = "model_paused"


class ModelTimeout(ModelError):
    code = "model_timeout"
    retryable = True


class ModelRejected(ModelError):
    code = "model_rejected"


class ModelGarbled(ModelError):
    code = "model_garbled"
    retryable = True


class ModelMisshaped(ModelGarbled):
    code = "model_misshaped"


class NoModel(ModelError):
    code = "no_model"


class ToolError(OrchestratorError):
    code = "tool_error"

    def __init__(self, detail: str, *, hint: str = "", why: str = "", **named: str | float) -> None:
        super().__init__(detail, hint=hint)
        self.why = why
        self.named = named

    @property
    def told(self) -> dict[str, str | float] | None:
        return {"why": self.why, **self.named} if self.why else None


class ToolRetry(ToolError):
    code = "tool_retry"
    retryable = True


class ToolFailed(ToolError):
    code = "tool_failed"


class LaneError(OrchestratorError):
    code = "lane_error"
    retryable = True


class LaneUnavailable(LaneError):
    code = "lane_unavailable"


class NobodyThere(LaneError):
    code = "nobody_there"


class JournalError(OrchestratorError):
    code = "journal_error"


class JournalUnavailable(JournalError):
    code = "journal_unavailable"
    retryable = True


class JournalBroken(JournalError):
    code = "journal_broken"


class JournalDamaged(JournalError):
    code = "journal_damaged"


class Fenced(JournalError):
    code = "fenced"
