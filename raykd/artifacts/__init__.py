"""Where every result lives, and how it says what made it."""

from raykd.artifacts.result import Result, file_identity, settings_hash
from raykd.artifacts.saved import SavedEncoder
from raykd.artifacts.storage import Storage
from raykd.artifacts.store import ResultStore

__all__ = ["Result", "ResultStore", "SavedEncoder", "Storage", "file_identity", "settings_hash"]
