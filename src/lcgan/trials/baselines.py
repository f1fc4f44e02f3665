"""A study's trials of the baselines without a network: seconds each, in the command's process."""

from collections.abc import Iterator, Sequence

from lcgan.params.names import BASELINES
from lcgan.recognition.baselines import Packed, fit_baselines
from lcgan.recognition.cells import few
from lcgan.recognition.forms import Sources
from lcgan.scores.protocols import Scored
from lcgan.trials.engines import Ended, attempt
from lcgan.trials.plan import Trial


def ended(
    trials: Sequence[Trial], sources: Sources, scored: Scored, packed: Packed
) -> Iterator[tuple[Trial, Ended]]:
    """Fit the baselines of some trials; yield each trial with how it ended.

    Parameters
    ----------
    trials : sequence of Trial
        Of forms in `lcgan.params.names.BASELINES`.
    sources : Sources
    scored : Scored
    packed : Packed
        The spectra with their errors and redshifts.

    Notes
    -----
    Both are fitted at once, for each number of O spectra to learn from.
    """
    for n_o in dict.fromkeys(trial.n_o for trial in trials):
        sets = few(sources.sets, n_o, sources.early_stop_fraction)
        both = attempt(
            lambda sets, packed: fit_baselines(sets, packed, scored.rows), "", sets, packed
        )
        for trial in trials:
            if trial.n_o == n_o:
                yield trial, _one_of(both, trial)


def _one_of(both: Ended, trial: Trial) -> Ended:
    """Return how one of two baselines ended, of how both did together."""
    if both.outcome is None:
        return Ended(trial.key, None, both.reason, both.started, both.seconds)
    outcome = both.outcome[BASELINES.index(trial.form)]
    return Ended(trial.key, outcome, None, both.started, outcome.seconds)
