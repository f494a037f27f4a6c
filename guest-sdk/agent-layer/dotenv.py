"""A stand-in for python-dotenv: a guest has the variables that its run declares, and no file of others."""


def load_dotenv(*args, **kwargs):
    """Loads nothing."""
    return False


def dotenv_values(*args, **kwargs):
    """No variables."""
    return {}


def find_dotenv(*args, **kwargs):
    """No file."""
    return ""
