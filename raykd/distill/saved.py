from raykd.artifacts.saved import SavedEncoder as SavedEncoder
