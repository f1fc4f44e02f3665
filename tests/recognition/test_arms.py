import numpy as np

from lcgan.recognition.arms import augmented_form, real_forms

SETS = {
    "data_set_1": {"O": list(range(10))},
    "data_set_5": {"F": list(range(100, 140)), "G": list(range(200, 240)), "K": [*range(300, 340)]},
    "early_stop": {
        "O": [7, 8, 9],
        "F": list(range(128, 140)),
        "G": list(range(228, 240)),
        "K": list(range(328, 340)),
    },
}


def test_three_forms_without_augmentation():
    as_is, weighted, duplicated = real_forms(SETS, seed=1)
    assert as_is.counts("train") == {"O": 7, "F": 28, "G": 28, "K": 28}
    assert as_is.counts("early_stop") == {"O": 3, "F": 12, "G": 12, "K": 12}
    assert as_is.class_weight is None
    # 91 spectra, 4 classes: O weighs 91 / (4 · 7), F 91 / (4 · 28)
    np.testing.assert_allclose(weighted.class_weight, [3.25, 0.8125, 0.8125, 0.8125])
    np.testing.assert_array_equal(weighted.train.rows, as_is.train.rows)
    assert duplicated.counts("train") == {"O": 28, "F": 28, "G": 28, "K": 28}
    assert duplicated.counts("early_stop") == {"O": 12, "F": 12, "G": 12, "K": 12}


def test_no_spectrum_is_on_both_sides_even_where_duplicated():
    for form in real_forms(SETS, seed=1):
        assert not set(form.train.rows) & set(form.early_stop.rows)


def test_augmented_arm_holds_generated_o_alone():
    form = augmented_form("lcgan", 2000, range(1000, 1040), SETS, 0.3)
    assert form.iteration == 2000
    assert form.counts("train") == {"O": 28, "F": 28, "G": 28, "K": 28}
    is_o = form.train.classes == 0
    assert form.train.rows[is_o].tolist() == list(range(1000, 1028))
    assert form.early_stop.rows[form.early_stop.classes == 0].tolist() == list(range(1028, 1040))
    assert set(form.train.rows[~is_o]) <= {*range(100, 128), *range(200, 228), *range(300, 328)}
