"""Sets of spectra with all that the scores read of them, each measured once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lcgan.errors import UserError
from lcgan.scores.continuum_slope import continuum_slope
from lcgan.scores.embedding import Embedding
from lcgan.scores.line_widths import line_widths
from lcgan.scores.noise_power import band_power
from lcgan.spectra.pixel_noise import running_variance

#: Leakage-free O spectra without which there is nothing to compare with.
LEAST = 8


@dataclass(frozen=True)
class Seen:
    """A set of spectra.

    Attributes
    ----------
    flux : ndarray, shape (N, 3700)
        Of unit 2-norm (eq. 1).
    places : ndarray, shape (N, D)
        In the embedding.
    widths : ndarray, shape (N, 11)
        Equivalent widths, Å.
    slope : ndarray, shape (N,)
        Of the continuum.
    power : ndarray, shape (N, 6)
        Of the noise by band of frequency.
    variance : ndarray, shape (N, 3700)
        Of the noise from pixel to pixel.
    """

    flux: np.ndarray
    places: np.ndarray
    widths: np.ndarray
    slope: np.ndarray
    power: np.ndarray
    variance: np.ndarray

    def __len__(self) -> int:
        return len(self.flux)

    def __getitem__(self, rows) -> "Seen":
        return Seen(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def see(flux: np.ndarray, embedding: Embedding) -> Seen:
    """Measure spectra of unit 2-norm, shape (N, 3700)."""
    return Seen(
        flux=flux,
        places=embedding(flux),
        widths=line_widths(flux),
        slope=continuum_slope(flux),
        power=band_power(flux),
        variance=running_variance(flux),
    )


@dataclass(frozen=True)
class Real:
    """The real O spectra that sets are compared with.

    Attributes
    ----------
    training : Seen
        Data set 1.
    held_out : Seen
        The leakage-free spectra.
    star : ndarray of str, shape (N,)
        Of the leakage-free spectra.
    known : ndarray of bool, shape (N,)
        Which of them are of stars that Data set 1 has, in other observations.
    halves : tuple of two ndarray of int
        Rows of the leakage-free spectra: every star is in both halves.
    """

    training: Seen
    held_out: Seen
    star: np.ndarray
    known: np.ndarray
    halves: tuple[np.ndarray, np.ndarray]

    @property
    def known_or_all(self) -> np.ndarray:
        """Rows of training stars; all rows if no training star has any."""
        return self.known if self.known.any() else np.ones_like(self.known)


def real_o(
    training: Seen,
    held_out: Seen,
    star: Sequence[str],
    training_stars: Sequence[str],
    rng: np.random.Generator,
) -> Real:
    """Return the real O spectra, the leakage-free ones in halves.

    Raises
    ------
    UserError
        If there are too few leakage-free spectra.
    """
    if len(held_out) < LEAST:
        raise UserError(
            f"datasets.data_set_2.O: leaves {len(held_out)} O spectra outside data_set_1, too few "
            f"to compare with; raise it, or lower data_set_1.O, by {LEAST - len(held_out)} or more"
        )
    star = np.array(list(star), dtype=str)
    known = np.isin(star, list(training_stars))
    return Real(training, held_out, star, known, halves(star, rng))


def halves(star: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Deal each star's spectra to two halves in turn, in a drawn order; rows, ascending."""
    order = rng.permutation(len(star))
    order = order[np.argsort(star[order], kind="stable")]
    return np.sort(order[::2]), np.sort(order[1::2])
