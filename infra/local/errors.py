"""Errors of the launcher."""


class LauncherError(Exception):
    """`message` says what is wrong, `mend` how to fix it; both are for people."""

    def __init__(self, message: str, *, mend: str) -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.message}\n{self.mend}"
