"""The one kind of error that is the user's to mend."""


class InputError(Exception):
    """Bad input or configuration: one clear line that says what, where and what to do.

    Jobs print the line and exit with status 2; every other exception is a failure (status 1).
    """
