"""Errors that say all in one line: bad input, and a limit that was reached."""


class InputError(Exception):
    """Bad input or configuration: one clear line that says what, where and what to do.

    Jobs print the line and exit with status 2; every other exception is a failure (status 1).
    """


class LimitReached(Exception):
    """A limit that the user set was reached before the work was done: what, where, and how to go on, in one line.

    Everything done is kept. Jobs print the line and exit with status 1.
    """
