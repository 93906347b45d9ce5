"""Why an image could not be built."""


class CannotBuild(RuntimeError):
    """Something that an image is made with is missing or failed; the text says what, and what to do."""
