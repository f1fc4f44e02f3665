"""Shards over worker processes of this machine, one model and one thread in each."""

from collections.abc import Iterator
from functools import cache

from lcgan.side_by_side import side_by_side
from lcgan.survey.plan import Shard
from lcgan.survey.shard import Line, Scorer

KILLED = "its worker process was killed, perhaps for memory; lower --workers"


def score(shards: Iterator[Shard], workers: int, *scorer: object) -> Iterator[Line]:
    """Score shards; yield what became of each as it is done.

    Parameters
    ----------
    shards : iterator of Shard
        Taken one by one, as workers are free.
    workers : int
        Processes.
    scorer
        What a `Scorer` is made of.

    Notes
    -----
    A shard that fails is yielded with its reason; a worker that is killed takes its own shard with
    it, no other, and is replaced. When the iterator is closed, what runs is ended at once.
    """
    calls = ((_scored, scorer, shard) for shard in shards)
    for made in side_by_side(calls, workers, "score"):
        _, _, shard = made.call
        yield {"file": shard.name, "reason": KILLED} if made.killed else made.returned


def attempt(scorer: Scorer, shard: Shard) -> Line:
    """Score a shard; where that fails, its reason in one line stands for its figures."""
    try:
        return scorer.score(shard)
    except Exception as error:  # whatever one shard may raise, the others go on
        return _failed(shard, error)


def _failed(shard: Shard, error: Exception) -> Line:
    words = " ".join(str(error).split()) or type(error).__name__
    return {"file": shard.name, "reason": words[:300]}


#: The worker's scorer, loaded at its first shard.
_loaded = cache(Scorer)


def _scored(scorer: tuple, shard: Shard) -> Line:
    """Score a shard in a worker; a model that cannot be loaded is a reason too."""
    try:
        loaded = _loaded(*scorer)
    except Exception as error:  # whatever OpenVINO or the disk may raise
        return _failed(shard, error)
    return attempt(loaded, shard)
