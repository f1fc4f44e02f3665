"""The stages that score GANs: in one thread, whatever runs beside them."""

from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from lcgan import params, quiet
from lcgan.stages import repeat_gan, score_gan
from lcgan.tracking.runs import NoTracking

PARAMS = Path(__file__).parents[2] / "params.yaml"


class SeenError(Exception):
    """How many threads each library may start, where scoring begins."""


def begin(*_):
    raise SeenError({of["num_threads"] for of in threadpool_info()})


@pytest.mark.parametrize("stage", [score_gan, repeat_gan])
def test_scoring_runs_in_one_thread(stage, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data/generated").mkdir(parents=True)
    Path("data/generated/lcgan.h5").touch()
    Path("reports/gan").mkdir(parents=True)
    Path("reports/gan/lcgan.json").write_text("{}")
    monkeypatch.setattr(score_gan, "Scorer", begin)
    monkeypatch.setattr(repeat_gan, "read_json", begin)
    monkeypatch.setattr(quiet, "start_tensorflow", lambda n: None)  # this process may have it
    np.ones((2, 2)) @ np.ones((2, 2))  # numpy's library is there
    with threadpool_limits(2), pytest.raises(SeenError) as seen:
        stage.run(params.load(PARAMS), NoTracking(), "lcgan")
    assert seen.value.args == ({1},)
