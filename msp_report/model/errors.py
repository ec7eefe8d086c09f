"""Errors that a person can mend: each is a sentence that says what to do, and knows what a verb then ends with."""


class Told(Exception):
    """An error whose text is shown as it is; `code` is the exit code of the verb that it ended."""

    code = 1


class Failed(Told, RuntimeError):
    """A report, a page or a print could not be made; nothing was published."""


class WrongUse(Told, ValueError):
    """An unknown client, key, name or parameter, or a file of ours that cannot be used as it is."""

    code = 2


class Refused(Told):
    """The data cannot be used."""

    code = 3
