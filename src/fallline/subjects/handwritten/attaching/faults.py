"""What somebody's code raised, in a sentence with their own file and line."""

from __future__ import annotations

import traceback
from collections.abc import Collection
from pathlib import Path


def described(error: BaseException, files: Collection[str] = ()) -> str:
    """Return what was raised and the last line of the user's own code that it went through.

    Without `files`, the last line that belongs to no library is taken.
    """
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if (f.filename in files if files else _users(f.filename))]
    if not own:
        return text
    line = f" ({own[-1].line.strip()})" if own[-1].line else ""
    return f"{text}, in line {own[-1].lineno} of {Path(own[-1].filename).name}{line}"


def _users(filename: str) -> bool:
    from fallline.subjects.handwritten.attaching.world import is_users

    return "fallline" not in filename and is_users({"__file__": filename, "__name__": ""})
