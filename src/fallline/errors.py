"""What Fallline raises: one family, so that a caller can catch it whole; each message is a sentence."""


class FalllineError(ValueError):
    """Input that cannot be used; the message says what, where, and what to do."""


class DataError(FalllineError):
    """A table that cannot be read or used."""


class ModelFileError(FalllineError):
    """A file that is not a model which this version can load."""


class MissingExtraError(ImportError, FalllineError):
    """A package that an extra brings is not installed; an ImportError too, for whoever expects one."""
