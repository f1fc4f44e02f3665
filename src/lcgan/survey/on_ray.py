"""Shards over a Ray cluster by Ray Data: one actor with one model per CPU."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lcgan.errors import UserError
from lcgan.survey.local import attempt
from lcgan.survey.plan import Shard, decode, encode
from lcgan.survey.shard import Line, Scorer

#: Ray Data's blocks at most: each is planned, and done again as a whole if its node is lost.
MOST_BLOCKS = 1000


class Scoring:
    """An actor: scores the shards that Ray Data hands it, one at a time.

    Parameters
    ----------
    scorer
        What a `Scorer` is made of.
    """

    def __init__(self, *scorer: object):
        self._scorer = Scorer(*scorer)

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, list[str]]:
        """Score a batch of one shard; what is there already is not done again."""
        import json

        lines = [attempt(self._scorer, decode(text)) for text in batch["shard"]]
        return {"line": [json.dumps(line) for line in lines]}


def score(
    shards: Iterator[Shard],
    workers: int,
    out: Path,
    plan: str,
    precision: str,
    folder: Path,
    evidence: bool = False,
) -> Iterator[Line]:
    """Score shards on the cluster that is connected; yield what became of each as it is done.

    Parameters
    ----------
    shards : iterator of Shard
    workers : int
        Actors at most, one CPU each.
    out, plan, precision, folder, evidence
        See `Scorer`; every node has to see these folders.

    Raises
    ------
    UserError
        If the model cannot be loaded on a node, or Ray gives up.

    Notes
    -----
    Ray Data streams: it hands shards out as actors are free. The shards of a lost node are done
    again elsewhere; those whose parts were written are only read.
    """
    import json

    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    for name in ("ray.data", "ray"):
        logging.getLogger(name).setLevel(logging.ERROR)
    items = [{"shard": encode(shard)} for shard in shards]
    dataset = ray.data.from_items(items, override_num_blocks=min(len(items), MOST_BLOCKS))
    scored = dataset.map_batches(
        Scoring,
        fn_constructor_args=(out.absolute(), plan, precision, folder, evidence),
        batch_size=1,
        num_cpus=1,
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=workers),
    )
    try:
        for row in scored.iter_rows():
            yield json.loads(row["line"])
    except ray.exceptions.RayError as error:
        reason = str(error).strip().splitlines()[-1]
        raise UserError(
            f"--engine ray: a node failed ({reason}); every node has to see --out and the inputs"
        ) from error


def quieten() -> None:
    """Keep the words of Ray's core off the terminal; before Ray starts."""
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
