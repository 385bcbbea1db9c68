"""How this command is called here: what a person can paste back into the same shell."""

import os
import shutil
import sys
from pathlib import Path


def program() -> str:
    """`v4s` where that is what the shell finds, else the path that was typed (`.venv/bin/v4s`)."""
    called = Path(sys.argv[0])
    if called.name != "v4s":
        return f"{os.path.relpath(sys.executable)} -m video4spatial.pipeline"
    found = shutil.which("v4s")
    return "v4s" if found is not None and Path(found).resolve() == called.resolve() else str(called)
