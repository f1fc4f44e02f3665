"""Whether a spectrum is like those that the network was trained on at all.

A network gives every spectrum one of its classes: galaxies, quasars and failures of the flux
calibration too. Principal components of the training spectra rebuild what is like them; what is
not leaves a residual beyond its noise, or lies far from the training spectra of the class that the
network calls: an M star without its blue that is called O lies among M stars. Both are measured in
units of what that class may have, for a G star is rebuilt better than an M star; of residuals, if
the nearest training spectrum is of another class, that counts which allows less.

It imports numpy and the grid alone: it travels with the registered model.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lcgan.spectra.grid import wavelength_grid

#: Principal components at most, and those of them that distances are measured in.
N_COMPONENTS, N_NEAR = 60, 10
#: Pixels averaged before a residual is compared with its noise: 1,380 km/s, wider than a star's
#: lines and narrower than what calibration leaves.
BIN = 20
#: Calibration and rebuilding are good to this part of the flux; LAMOST's relative flux is good to
#: about 10 % (Xiang et al. 2015, MNRAS 448, 822), most of which the components take up.
FLOOR = 0.05
#: A bin's squared residual counts no more than this, in its variance, and the worst bins not at
#: all: a cosmic ray is no galaxy.
CLIP, N_WORST = 25.0, 2
#: The neighbour whose distance counts, so that one strange training spectrum is no company.
NEIGHBOUR = 5
#: Two coefficients this part of their spread apart are alike.
ALIKE = 0.2
#: Folds of whole stars that the limits are measured with.
N_FOLDS = 5
#: S/N per pixel, its median over the blue and green (vacuum Å) where O stars are told, below which
#: nothing can be told: at 3 the error of He II 4542 is 1.7 Å, three times the line.
LEAST_SNR, SNR_RANGE = 3.0, (4000.0, 5500.0)


@dataclass(frozen=True)
class Likeness:
    """What training spectra are like, and how far each class may be from it.

    Attributes
    ----------
    mean : ndarray, shape (3700,)
        Of standardised training spectra (eq. 1).
    components : ndarray, shape (k, 3700)
        Their principal components.
    scale : ndarray, shape (k,)
        Standard deviation of the coefficients.
    training, kind : ndarray, shape (m, N_NEAR) and (m,)
        Leading coefficients of the training spectra, and the number of each one's class.
    classes : tuple of str
    limits : ndarray, shape (C, 2)
        By class: the residual, and the distance to the class's own, that the stated part of its
        training spectra exceeds when their star is left out.
    """

    mean: np.ndarray
    components: np.ndarray
    scale: np.ndarray
    training: np.ndarray
    kind: np.ndarray
    classes: tuple[str, ...]
    limits: np.ndarray

    def score(self, flux: np.ndarray, ivar: np.ndarray, called: Sequence[str]) -> np.ndarray:
        """Return how unlike the training spectra each spectrum is; above 1 is an outlier.

        Parameters
        ----------
        flux, ivar : ndarray, shape (n, 3700)
            On the packed grid, any unit; ivar 0 marks pixels without data.
        called : sequence of str
            The class that the network gives each.

        Returns
        -------
        ndarray, shape (n,)
            The greater of residual and distance, each in units of its class's limit; infinite
            where the median S/N per pixel is below `LEAST_SNR`, or the numbers are beyond float32.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            return self._ratio(*_standard(flux, ivar), called)

    def _ratio(self, flux, variance, there, called) -> np.ndarray:
        residual, distance, nearest = self._measures(flux, variance, there, called)
        widest = self.limits.max(axis=0)  # of a class that had no training spectrum of its own
        limit = {name: self.limits[i] for i, name in enumerate(self.classes)}
        allowed = np.array([limit.get(name, widest) for name in called])
        least = np.minimum(allowed[:, 0], self.limits[self.kind[nearest], 0])
        ratio = np.maximum(residual / least, distance / allowed[:, 1])
        blue = (wavelength_grid() > SNR_RANGE[0]) & (wavelength_grid() < SNR_RANGE[1])
        snr = median_snr(flux[:, blue], variance[:, blue], there[:, blue])
        return np.where((snr < LEAST_SNR) | np.isnan(ratio), np.inf, ratio)

    def _measures(self, flux, variance, there, called) -> tuple[np.ndarray, ...]:
        """Return residual, distance and nearest training spectrum of each, shape (n,) each.

        The distance is to the called class's training spectra; to any, where it has none.
        """
        coefficients = (flux - self.mean) @ self.components.T
        rebuilt = self.mean + coefficients @ self.components
        near = variance @ (self.components[:N_NEAR] ** 2).T
        apart = _distances(coefficients[:, :N_NEAR], near, self.training, self.scale)
        kind, called = np.array(self.classes)[self.kind], np.asarray(called)
        distance = np.empty(len(flux))
        for name in set(called.tolist()):
            own = (kind == name) | (name not in kind)
            distance[called == name] = _of_neighbour(apart[np.ix_(called == name, own)])
        return _residual(flux, rebuilt, variance, there), distance, apart.argmin(axis=1)

    def save(self, path: Path | str) -> None:
        """Write it as ``.npz``, the same bytes each time."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        with Path(path).open("wb") as file:
            np.savez(file, classes=np.array(self.classes), **arrays)

    @classmethod
    def load(cls, path: Path | str) -> "Likeness":
        """Read what `save` wrote."""
        with np.load(path) as found:
            classes = tuple(str(name) for name in found["classes"])
            return cls(classes=classes, **{name: found[name] for name in _ARRAYS})


_ARRAYS = ("mean", "components", "scale", "training", "kind", "limits")


def fit(
    flux: np.ndarray,
    ivar: np.ndarray,
    classes: Sequence[str],
    stars: Sequence[str],
    flagged: float,
) -> Likeness:
    """Learn from training spectra what is like them.

    Parameters
    ----------
    flux, ivar : ndarray, shape (n, 3700)
        On the packed grid, any unit.
    classes, stars : sequence of str, length n
        Each spectrum's class and star.
    flagged : float
        The part of each class's spectra, their star unseen, that may be called outliers by either
        measure. A class of fewer than `N_FOLDS` spectra has the widest limits of the others.
    """
    classes, fold = np.asarray(classes), _folds(stars)
    names = tuple(dict.fromkeys(classes.tolist()))
    kind = np.array([names.index(name) for name in classes])
    standard = _standard(flux, ivar)
    measures = np.full((len(fold), 2), np.nan)
    for number in np.unique(fold):
        out = fold == number
        if out.all():
            break
        learnt = replace(_learn(*(each[~out] for each in standard)), kind=kind[~out], classes=names)
        found = learnt._measures(*(each[out] for each in standard), classes[out])
        measures[out] = np.stack(found[:2], axis=1)
    measured = ~np.isnan(measures).any(axis=1)
    limits = np.full((len(names), 2), np.nan)
    for i, name in enumerate(names):
        of = measures[(classes == name) & measured]
        if len(of) >= N_FOLDS:
            limits[i] = np.quantile(of, 1 - flagged, axis=0)
    known = ~np.isnan(limits).any(axis=1)
    widest = limits[known].max(axis=0) if known.any() else np.full(2, np.inf)
    limits = np.where(np.isnan(limits), widest, limits)
    return replace(_learn(*standard), kind=kind, classes=names, limits=limits)


def _learn(flux: np.ndarray, variance: np.ndarray, there: np.ndarray) -> Likeness:
    """Return the components of the cleaner half of standardised spectra, without limits."""
    snr = median_snr(flux, variance, there)
    clean = flux[snr >= np.median(snr)].astype(np.float64)
    mean = clean.mean(axis=0)
    n = max(min(N_COMPONENTS, len(clean) - 1), 1)
    values, vectors = np.linalg.eigh((clean - mean) @ (clean - mean).T)
    values, vectors = values[::-1][:n], vectors[:, ::-1][:, :n]
    kept = values > values[0] * 1e-12
    components = vectors[:, kept].T @ (clean - mean)
    components /= np.maximum(np.linalg.norm(components, axis=1, keepdims=True), 1e-30)
    components = components.astype(np.float32)
    mean = mean.astype(np.float32)
    scale = np.sqrt(np.maximum(values[kept], 1e-30) / len(clean)).astype(np.float32)
    training = ((flux - mean) @ components[:N_NEAR].T).astype(np.float32)
    return Likeness(mean, components, scale, training, np.empty(0, int), (), np.empty((0, 2)))


def _standard(flux: np.ndarray, ivar: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return flux of unit 2-norm, its variance (0 without data) and where there are data."""
    flux = np.atleast_2d(np.asarray(flux, np.float32))
    ivar = np.atleast_2d(np.asarray(ivar, np.float32))
    norm = np.linalg.norm(flux.astype(np.float64), axis=1, keepdims=True)
    there = ivar > 0
    variance = np.divide(
        1.0, ivar.astype(np.float64) * norm**2, out=np.zeros(flux.shape), where=there
    )
    return (flux / norm).astype(np.float32), variance.astype(np.float32), there


def _residual(flux, rebuilt, variance, there) -> np.ndarray:
    """Return the mean over bins, but the worst, of the squared residual over noise and floor."""
    n = np.maximum(_binned(there), 1)
    residual = _binned(np.where(there, flux - rebuilt, 0)) / n
    level = np.abs(_binned(rebuilt)) / BIN + 0.2 * np.abs(rebuilt).mean(axis=1, keepdims=True)
    squared = residual**2 / (_binned(variance) / n**2 + (FLOOR * level) ** 2)
    counted = n > 0.3 * BIN
    squared = np.sort(np.where(counted, np.minimum(squared, CLIP), 0), axis=1)
    return squared[:, :-N_WORST].sum(axis=1) / np.maximum(counted.sum(axis=1) - N_WORST, 1)


def _distances(coefficients, variance, training, scale) -> np.ndarray:
    """Return the mean squared distance to each training spectrum, shape (n, m).

    In units of a part of each coefficient's spread and of the spectrum's own noise.
    """
    weight = 1 / ((ALIKE * scale[:N_NEAR]) ** 2 + variance)
    squared = (
        (weight * coefficients**2).sum(axis=1)[:, None]
        - 2 * (weight * coefficients) @ training.T
        + weight @ (training**2).T
    )
    return squared / max(coefficients.shape[1], 1)


def _of_neighbour(apart: np.ndarray) -> np.ndarray:
    """Return each spectrum's distance to its `NEIGHBOUR`th training spectrum, shape (n,)."""
    number = min(NEIGHBOUR, apart.shape[1] - 1)
    return np.maximum(np.partition(apart, number, axis=1)[:, number], 0.0)


def _binned(values: np.ndarray) -> np.ndarray:
    """Return sums over bins of pixels, shape (n, 3700 / BIN)."""
    return values.reshape(len(values), -1, BIN).sum(axis=2)


def median_snr(flux: np.ndarray, variance: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Return each spectrum's median flux over its noise, 0 where there are no data."""
    snr = np.divide(flux, np.sqrt(variance), out=np.zeros(flux.shape, np.float32), where=there)
    return np.median(snr, axis=1)


def _folds(stars: Sequence[str]) -> np.ndarray:
    """Return each spectrum's fold: whole stars, dealt out in their order."""
    number = {star: i % N_FOLDS for i, star in enumerate(dict.fromkeys(stars))}
    return np.array([number[star] for star in stars])
