import pytest

from lcgan.scores.interval import proportion
from lcgan.scores.repeated import chosen_scores, over_trainings


def test_the_scores_of_a_gan_are_those_of_its_chosen_checkpoint():
    checkpoints = [{"iteration": at, "gan_train": proportion(at, 400)} for at in (100, 300)]
    likeness = {"generated": {"density": 0.7}, "white_noise": {"density": 0.0}}
    gan = {"chosen": {"iteration": 300}, "checkpoints": checkpoints, "scores": likeness}
    assert chosen_scores(gan) == {"gan_train": 0.75, "density": 0.7}


def test_mean_and_scatter_over_trainings():
    found = over_trainings([{"a": 1.0, "b": 2.0}, {"a": 4.0, "b": None}, {"a": 7.0, "b": 1.0}])
    assert found["a"] == {"values": [1.0, 4.0, 7.0], "mean": 4.0, "std": pytest.approx(3.0)}
    assert found["b"] == {"values": [2.0, None, 1.0], "mean": None, "std": None}


def test_one_training_has_no_scatter():
    assert over_trainings([{"a": 1.0}])["a"]["std"] is None
