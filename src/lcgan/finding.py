"""How a command of the user's ended, whichever it was."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """A line that says where the result is, and one for each thing that failed on the way."""

    line: str
    failures: list[str] = field(default_factory=list)
