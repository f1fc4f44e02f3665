import numpy as np
import pytest
from sklearn.svm import NuSVC

from lcgan.scores.svm import fit_o_against_f


def spectra(n, slope, seed):
    rng = np.random.default_rng(seed)
    flux = 1 + slope * np.linspace(-1, 1, 60) + 0.6 * rng.normal(size=(n, 60))
    return (flux / np.linalg.norm(flux, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("gamma", ["scale", "auto", 5.0])
def test_predicts_as_sklearn_with_its_own_kernel(gamma):
    o, f, unseen = spectra(40, -0.2, 1), spectra(50, 0.2, 2), spectra(200, 0.0, 3)
    both = np.concatenate([o, f])
    theirs = NuSVC(nu=0.5, kernel="rbf", gamma=gamma).fit(both, [1] * 40 + [0] * 50)
    ours = fit_o_against_f(o, f, 0.5, gamma)
    found = ours.predict(unseen)
    np.testing.assert_array_equal(found, theirs.predict(unseen))
    assert 20 < found.sum() < 180
    np.testing.assert_array_equal(ours.svm.support_, theirs.support_)
