"""What a trial does, wherever it runs: one fit, in one thread."""

import numpy as np

from lcgan.errors import UserError

#: Why there is no outcome where the best epoch is the zeroth.
NEVER_FINITE = (
    "no epoch had a finite early-stopping loss; look at its spectra, or lower "
    "train_classifier.learning_rate"
)


def fit_trial(job, flux: np.ndarray):
    """Fit a network and call the class of every row that is to be scored.

    Parameters
    ----------
    job : lcgan.recognition.worker.Job
    flux : ndarray, shape (N, L) float32

    Returns
    -------
    lcgan.recognition.worker.Outcome

    Raises
    ------
    UserError
        If no epoch had a finite loss: the network is then as it was drawn.

    Notes
    -----
    One thread, however many cores are free: sums of several threads are rounded otherwise.
    """
    from lcgan.quiet import start_tensorflow

    start_tensorflow(1)
    from lcgan.recognition.worker import run_job

    outcome = run_job(job, flux)
    if outcome.best_epoch == 0:
        raise UserError(NEVER_FINITE)
    return outcome
