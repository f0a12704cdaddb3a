"""Errors for the person who reads them: what is wrong, where, and what to do."""

from __future__ import annotations

from pipeline.core.visible import visible


class ValActError(Exception):
    """A condition that the user can understand and mend.

    ``where`` names the file, row id or parameter; ``remedy`` says what to do about it. The stage
    runner and the command line print the three and no traceback; every other exception is a defect
    of ours and keeps its traceback.
    """

    def __init__(self, message: str, *, where: str | None = None, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.message}" if self.where else self.message]
        if self.remedy:
            lines.append(f"  -> {self.remedy}")
        return visible("\n".join(lines))


class ParamsError(ValActError):
    """params.yaml or a profile says something that is not allowed."""


class InputError(ValActError):
    """A file or table given to us is missing, corrupt or not what its schema says."""


class CredentialsError(ValActError):
    """A key, token or login is missing or was refused."""


class ProviderError(ValActError):
    """A service cannot be used at all (not: one request failed, which is a recorded answer)."""


class BudgetError(ValActError):
    """A run would cost more than it may, or nobody knows what it would cost."""


class PendingError(ValActError):
    """Nothing is wrong, but answers are still being made elsewhere: come back later."""


class ReplayMiss(ValActError):
    """Recorded responses were asked for an answer that they do not hold."""


class ShortageError(ValActError):
    """A strict quota could not be filled."""
