"""A Valkey whose keys are in a dump (RDB), and that goes back to an earlier one."""

import shutil
from pathlib import Path

from tools.errors import ToolError
from tools.servers.valkey import Valkey

_DUMP = "dump.rdb"


class SavedValkey(Valkey):
    """Without an append-only file."""

    @property
    def saved(self) -> Path:
        """The dump to go back to."""
        return self.home / _DUMP

    def standard_input(self) -> bytes:
        return super().standard_input() + f"appendonly no\ndbfilename {_DUMP}\n".encode()

    def save(self) -> None:
        """Dumps what it has, and keeps that."""
        if (answer := self.ask("SAVE")) != "+OK":
            raise ToolError(f"Valkey does not save: {answer}")
        shutil.copyfile(self.data / _DUMP, self.saved)

    def go_back(self) -> None:
        """Ends it, and starts it with what was saved."""
        self.kill()
        shutil.copyfile(self.saved, self.data / _DUMP)
        self.start()
