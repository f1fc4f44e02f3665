"""The one kind of error that is the user's to mend."""


class UserError(Exception):
    """Bad input: a file, key or value that the user can mend.

    The message is one line that names the file or key, says what is wrong and what to do. The
    command line prints it without a traceback and exits with status 1.
    """
