"""How like real O spectra a GAN's are, beside controls that use no GAN, and which to take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lcgan.scores import embedding
from lcgan.scores.choose import choose, rule
from lcgan.scores.curves import curves
from lcgan.scores.fidelity import Scores, by_part, fidelity, held_out_fidelity
from lcgan.scores.measures import MEASURES, usable
from lcgan.scores.seen import Real, Seen, real_o, see
from lcgan.seeds import rng_of


@dataclass(frozen=True)
class OSpectra:
    """Real O spectra of unit 2-norm, shape (N, 3700) each, and whose they are.

    Attributes
    ----------
    training, held_out, selection : ndarray, shape (N, 3700)
        Data set 1; the leakage-free spectra; the part of Data set 1 that checkpoints are chosen
        on.
    star : sequence of str
        Of the leakage-free spectra.
    training_stars : set of str
        Of Data set 1.
    """

    training: np.ndarray
    held_out: np.ndarray
    selection: np.ndarray
    star: Sequence[str]
    training_stars: set[str]


class Likeness:
    """The embedding, the real spectra and the controls, to score any number of sets with.

    Parameters
    ----------
    o : OSpectra
    bad : dict of ndarray, shape (N, 3700)
        Controls, those of `lcgan.scores.measures.CONTROLS` but `held_out`.
    most : int
        Spectra of a set that are compared with the leakage-free ones (see `fidelity`).
    seed : int
        Of the halves and the folds: the same for every GAN, as the controls are.

    Attributes
    ----------
    controls : dict of dict
        By `lcgan.scores.measures.CONTROLS`, every score.
    usable : dict of bool
        By score, whether it puts held-out real O first and white noise last of the controls.
    """

    def __init__(self, o: OSpectra, bad: Mapping[str, np.ndarray], most: int, seed: int):
        self.embed = embedding.fit(o.training)
        both = see(o.training, self.embed), see(o.held_out, self.embed)
        rng = rng_of(seed, "score_gan", "halves")
        self.real: Real = real_o(*both, o.star, o.training_stars, rng)
        self.selection = self.embed(o.selection)
        self._most, self._seed = most, seed
        self._bad: dict[str, Seen] = {
            name: see(flux[:most], self.embed) for name, flux in bad.items()
        }
        self.controls: dict[str, Scores] = {"held_out": held_out_fidelity(self.real, seed)}
        for name, seen in self._bad.items():
            self.controls[name] = fidelity(seen, self.real, most, seed)
        self.usable = {name: usable(name, self.controls) for name in MEASURES}

    def places(self, flux: np.ndarray) -> np.ndarray:
        """Return spectra, shape (N, 3700), the first `most` of them, in the embedding."""
        return self.embed(flux[: self._most])

    def choose(self, choose_by: Sequence[str], places: Mapping[int, np.ndarray]) -> dict:
        """Choose a checkpoint on the selection set, by the first score that is usable.

        Parameters
        ----------
        choose_by : sequence of str
            Scores, in the order of preference.
        places : dict of ndarray
            By iteration, as `places` returns them.

        Returns
        -------
        dict
            `iteration`, the one chosen; `by`, the score, None if none was usable and the last was
            taken; `n_selection`; `values`, the score by iteration.
        """
        name = rule(choose_by, self.usable)
        iteration, values = choose(name, places, self.selection)
        return {
            "iteration": iteration,
            "by": name,
            "n_selection": len(self.selection),
            "values": [{"iteration": at, "value": value} for at, value in values.items()],
        }

    def score(self, flux: np.ndarray) -> tuple[dict, dict]:
        """Return every score of a set, shape (N, 3700), beside the controls', and what is drawn.

        Returns
        -------
        shown : dict
            `scores`: by row, `generated` and the controls; `by_part`: of `generated` and of
            Data set 1 (`training`), see `lcgan.scores.fidelity.by_part`; `usable`.
        drawn : dict
            See `lcgan.scores.curves.curves`.
        """
        found, options = see(flux, self.embed), (self.real, self._most, self._seed)
        shown = {
            "scores": {"generated": fidelity(found, *options), **self.controls},
            "by_part": {
                "generated": by_part(found, *options),
                "training": by_part(self.real.training, *options),
            },
            "usable": self.usable,
        }
        sets = {"training": self.real.training, "held_out": self.real.held_out}
        sets |= {"generated": found[: self._most]}
        sets |= {name: self._bad[name] for name in ("real_f", "white_noise")}
        return shown, curves(sets, self.real.training)
