"""What a trial does, wherever it runs: one fit, in one thread."""

import numpy as np


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

    return run_job(job, flux)
