import subprocess
import sys

import numpy as np

from lcgan.seeds import rng_of, seed_of


def test_the_same_name_gives_the_same_draws_and_another_name_others():
    names = [("observe",), ("datasets",), ("observe", 0), ("observe", 1), ("observe", "O", 1), ()]
    seeds = [seed_of(20210503, *name) for name in names]
    assert seeds == [seed_of(20210503, *name) for name in names]
    assert len(set(seeds)) == len(seeds)
    first, again = (rng_of(1, "a").normal(size=5) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, rng_of(2, "a").normal(size=5))
    assert not np.array_equal(first, rng_of(1, "b").normal(size=5))


def test_a_seed_fits_every_library():
    seeds = np.array([seed_of(seed, "x") for seed in range(200)])
    assert seeds.min() >= 0 and seeds.max() < 2**31
    assert len(set(seeds)) == 200


def test_seeds_do_not_depend_on_the_process():
    code = "from lcgan.seeds import seed_of; print(seed_of(20210503, 'observe', 3))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(other.stdout) == seed_of(20210503, "observe", 3)


def test_draws_of_different_names_are_not_correlated():
    one, two = (rng_of(5, "noise", i).normal(size=20_000) for i in (1, 2))
    assert abs(np.corrcoef(one, two)[0, 1]) < 4 / np.sqrt(20_000)
