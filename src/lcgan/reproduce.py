"""The whole pipeline, stages side by side wherever one does not wait for another.

`dvc repro` runs one stage after another. Here several of them run at a time, each by a `dvc repro
--single-item` of its own once all that it depends on is up to date: what is run, skipped, restored
and locked is DVC's to say, and the results are the same.
"""

import os
import queue
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from lcgan.errors import UserError
from lcgan.finding import Finding
from lcgan.workers import shared_cores

#: What DVC prints of a stage that it runs, and of any that it comes to.
_RUNNING = re.compile(r"Running stage '([^']+)'")
_AT = re.compile(r"(?:(?:Running s|S|Restored s)tage |Verifying .* in stage: )?'([^']+)'")
#: What DVC advises after every stage, about git and remotes.
_ADVICE = re.compile(r"To (track the changes|enable auto)|\t(git add|dvc config)|Use `dvc push`")


@dataclass
class Plan:
    """What may run next.

    Parameters
    ----------
    needs : mapping of str to set of str
        By stage, in the order of dvc.yaml, the stages that it depends on.
    """

    needs: Mapping[str, set[str]]
    done: set[str] = field(default_factory=set)
    begun: set[str] = field(default_factory=set)

    def next_chain(self) -> list[str]:
        """Return a stage that waits for nothing, and after it every one that waits for it alone.

        A chain is run by one process, since each costs DVC's start; it ends where two stages could
        run side by side. Empty if nothing can begin now.
        """
        free = self._free(self.done)
        chain = free[:1]
        while chain:
            self.begun.add(chain[-1])
            new = set(self._free(self.done | set(chain))) - set(free)
            if len(new) != 1:
                break
            chain += new
        return chain

    def _free(self, done: set[str]) -> list[str]:
        return [at for at, of in self.needs.items() if at not in self.begun and of <= done]


def run(say: Callable[[str], None], jobs: int) -> Finding:
    """Bring every stage of dvc.yaml up to date, up to `jobs` at a time.

    Parameters
    ----------
    say : callable
        Takes a line for the user.
    jobs : int
        Stages at a time.

    Raises
    ------
    UserError
        If `jobs` is not positive, or this is no DVC project.

    Notes
    -----
    Where a stage fails, those that do not depend on it are still run.
    """
    if jobs < 1:
        raise UserError(f"--jobs: {jobs} stages at a time are none; give 1 or more")
    plan = Plan(stages())
    with shared_cores(), one_pipeline() as ended, _Chains(say, len(plan.needs)) as chains:
        failed: list[str] = []
        while True:
            while len(chains) < jobs and (chain := plan.next_chain()):
                chains.start(chain)
            if not len(chains):
                break
            chain, n_done, status = chains.wait()
            plan.done.update(chain[:n_done])
            failed += chain[n_done : n_done + 1] if status else []
        ended(bool(failed), chains.any_ran)
    left = len(plan.needs) - len(plan.done)
    line = f"{len(plan.done)} of {len(plan.needs)} stages up to date"
    return Finding(
        f"{line}, {left} not" if left else f"{line}: reports/report.html",
        [f"{stage} failed; its own lines above say why" for stage in failed],
    )


def stages() -> dict[str, set[str]]:
    """Return every stage of dvc.yaml, and every .dvc file, with those that it depends on."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        graph = Repo().index.graph
    except DvcException as error:
        raise UserError(f"dvc: {error}") from None
    return {
        stage.addressing: {other.addressing for other in graph.successors(stage)}
        for stage in graph.nodes
    }


@contextmanager
def one_pipeline() -> Iterator[Callable[[bool, bool], None]]:
    """Put all stages below one MLflow run; yield what ends it: (failed, whether any stage ran)."""
    from lcgan.tracking import runs, store

    name = os.environ[store.PIPELINE] = store.this_process()
    outcome = {"status": "KILLED", "any_ran": True}

    def ended(failed: bool, any_ran: bool) -> None:
        outcome.update(status="FAILED" if failed else "FINISHED", any_ran=any_ran)

    try:
        with runs.orderly_end():
            yield ended
    finally:
        del os.environ[store.PIPELINE]
        if outcome["any_ran"]:
            runs.end_pipeline(name, outcome["status"])


class _Chains:
    """Running `dvc repro` processes; their lines are said under the name of the stage."""

    def __init__(self, say: Callable[[str], None], total: int):
        self.say, self.any_ran = say, False
        self._lines: queue.Queue = queue.Queue()
        self._running: dict[int, _Chain] = {}
        self._bar = _bar(total)

    def __len__(self) -> int:
        return len(self._running)

    def __enter__(self) -> "_Chains":
        return self

    def __exit__(self, kind, error, trace) -> None:
        left = [chain.process for chain in self._running.values()]
        for process in left:
            os.killpg(process.pid, signal.SIGINT)
        for process in left:
            _end(process)
        self._bar.close()

    def start(self, stages: Sequence[str]) -> None:
        """Begin to bring some stages up to date, in this order."""
        words = ["dvc", "--wait-for-lock", "repro", "--single-item", *stages]
        process = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # Ctrl-C reaches it once, through us
        )
        self._running[process.pid] = _Chain(process, list(stages))
        threading.Thread(target=self._read, args=(process,), daemon=True).start()
        self._show()

    def wait(self) -> tuple[list[str], int, int]:
        """Pass lines on until a chain has ended; return it, how many are done, and its status."""
        while True:
            try:
                pid, line = self._lines.get(timeout=1)
            except queue.Empty:
                self._bar.refresh()
                continue
            chain = self._running[pid]
            if line is None:
                del self._running[pid]
                status = chain.process.wait()
                n_done = chain.at if status else len(chain.stages)
                self._bar.update(n_done - chain.at)
                self._show()
                return chain.stages, n_done, status
            self._pass_on(chain, line.rstrip())

    def _pass_on(self, chain: "_Chain", line: str) -> None:
        named = _AT.match(line)
        if named and named[1] in chain.stages[chain.at + 1 :]:
            at = chain.stages.index(named[1])
            self._bar.update(at - chain.at)
            chain.at = at
        self.any_ran |= bool(_RUNNING.search(line))
        if line and not _ADVICE.match(line):
            self._bar.clear()
            self.say(f"[{chain.stages[chain.at]}] {line}")
        self._show()

    def _show(self) -> None:
        now = ", ".join(chain.stages[chain.at] for chain in self._running.values())
        self._bar.set_postfix_str(now)

    def _read(self, process: subprocess.Popen) -> None:
        for line in process.stdout:
            self._lines.put((process.pid, line))
        self._lines.put((process.pid, None))


@dataclass
class _Chain:
    """A running process, its stages, and which of them it is at."""

    process: subprocess.Popen
    stages: list[str]
    at: int = 0


def _end(process: subprocess.Popen, patience: float = 60.0) -> None:
    """Let an interrupted `dvc repro` and its stage end in order, for so many seconds at most."""
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _bar(total: int):
    """Return a bar over the stages; it says which ones run, and nothing where none can see it."""
    from tqdm import tqdm

    form = "{desc} {n_fmt}/{total_fmt} stages |{bar:20}| {elapsed}{postfix}"
    return tqdm(total=total, desc="reproduce", bar_format=form, disable=None, dynamic_ncols=True)
