"""Squared distances between sets of spectra, each pair of sets measured once."""

from weakref import WeakKeyDictionary

import numpy as np


class Spectra:
    """Spectra that remember their squared distances to others, for as long as both are there.

    ``spectra[rows]`` is a part of them, repeats allowed, that shares what the whole has measured.

    Parameters
    ----------
    flux : ndarray, shape (N, L)

    Examples
    --------
    >>> o, f = Spectra(np.array([[3.0, 0.0], [0.0, 0.0]])), Spectra(np.array([[0.0, 4.0]]))
    >>> squared_distances(o[[0, 0]], f)
    array([[25.],
           [25.]])
    """

    def __init__(self, flux: np.ndarray):
        self._whole = _Whole(np.asarray(flux))
        self._rows: np.ndarray | slice = slice(None)

    def __len__(self) -> int:
        return len(self._whole.squares[self._rows])

    def __getitem__(self, rows) -> "Spectra":
        part = object.__new__(Spectra)
        part._whole = self._whole
        part._rows = np.arange(len(self._whole.flux))[self._rows][rows]
        return part

    @property
    def flux(self) -> np.ndarray:
        """The spectra, shape (N, L), of the number type given."""
        return self._whole.flux[self._rows]

    @property
    def n_pixels(self) -> int:
        """Pixels per spectrum, L."""
        return self._whole.flux.shape[1]

    @property
    def sums(self) -> tuple[float, float]:
        """The sum over all spectra and pixels of the flux, and of its square."""
        return self._whole.sums[self._rows].sum(), self._whole.squares[self._rows].sum()


class _Whole:
    """Flux, shape (N, L), in double precision too, and blocks of squared distances."""

    def __init__(self, flux: np.ndarray):
        self.flux = flux
        self.double = flux.astype(np.float64, copy=False)
        self.sums = self.double.sum(axis=1)
        self.squares = np.einsum("ij,ij->i", self.double, self.double)
        if not np.isfinite(self.squares).all():
            raise ValueError("spectra with pixels that are not finite")
        self._blocks: WeakKeyDictionary[_Whole, np.ndarray] = WeakKeyDictionary()

    def block(self, other: "_Whole") -> np.ndarray:
        """Return the squared distances to all of another, shape (N, M)."""
        if self in other._blocks:
            return other._blocks[self].T
        if other not in self._blocks:
            from sklearn import config_context
            from sklearn.metrics.pairwise import euclidean_distances

            norms = {} if other is self else {"Y_norm_squared": other.squares}
            with config_context(assume_finite=True):  # seen once, above, not for every block
                self._blocks[other] = euclidean_distances(
                    self.double,
                    None if other is self else other.double,
                    squared=True,
                    X_norm_squared=self.squares,
                    **norms,
                )
        return self._blocks[other]


def as_spectra(flux: np.ndarray | Spectra) -> Spectra:
    """Return what is given, as `Spectra`."""
    return flux if isinstance(flux, Spectra) else Spectra(flux)


def squared_distances(spectra: Spectra, others: Spectra) -> np.ndarray:
    """Return ‖x - y‖² of every x of N spectra and y of M others, shape (N, M), to be read only."""
    block = spectra._whole.block(others._whole)
    return block[spectra._rows][:, others._rows]
