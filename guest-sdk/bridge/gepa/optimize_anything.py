"""What scripts of `optimize_anything` use: its settings, `log`, and the call itself, which hands its arguments to the engine.

The search runs outside: `hyperspace evolve` does it.
"""

Candidate = dict
SideInfo = dict


class Called(BaseException):
    """The script has called `optimize_anything`, with these arguments."""

    def __init__(self, arguments):
        super().__init__("optimize_anything was called")
        self.arguments = arguments


def optimize_anything(
    seed_candidate=None, *, evaluator=None, dataset=None, valset=None, objective=None, background=None, config=None, **_
):
    if not callable(evaluator):
        raise TypeError("optimize_anything: evaluator is no function")
    raise Called(dict(
        seed_candidate=seed_candidate, evaluator=evaluator, dataset=dataset, valset=valset, objective=objective, background=background,
    ))


class Settings:
    """Settings of the search, which have no effect here."""

    def __init__(self, *args, **settings):
        self.__dict__.update(settings)


class EngineConfig(Settings):
    pass


class GEPAConfig(Settings):
    pass


class ReflectionConfig(Settings):
    pass


class MergeConfig(Settings):
    pass


class RefinerConfig(Settings):
    pass


class TrackingConfig(Settings):
    pass


class OptimizeAnythingConfig(Settings):
    pass


class OptimizationState:
    """What was measured before: nothing, as every evaluation is one of its own."""

    best_example_evals = ()


def make_litellm_lm(*_, **__):
    """A model for the search, which is none here."""
    def ask(*_, **__):
        raise RuntimeError("an evaluator has no language model here")
    return ask


_told = []


def log(*values, sep=" ", end="\n"):
    """Note a text for the one who improves the candidate."""
    _told.append(sep.join(map(str, values)) + end)
    print(*values, sep=sep, end=end)


def get_log():
    """The texts that were noted."""
    return "".join(_told)


def forget():
    """Begin anew to note texts."""
    _told.clear()


class LogContext:
    """A place for texts; there is one."""

    def __init__(self, *_, **__):
        pass


def get_log_context():
    return LogContext()


def set_log_context(context):
    pass
