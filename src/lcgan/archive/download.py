"""Many questions at a time: threads that ask and check, and hand over what they have."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from lcgan.archive.pace import Stopped

Asked = TypeVar("Asked")
Got = TypeVar("Got")

#: How long the end of a fetch waits for its threads, s. One that is deep in a silent connection is
#: left to end with the process: it writes nothing.
GRACE = 0.5


def side_by_side(
    questions: Iterable[Asked],
    ask: Callable[[Asked], Got],
    connections: int,
    stop: threading.Event,
) -> Iterator[tuple[Asked, Got | Exception]]:
    """Yield each question with its answer, or with what `ask` raised, as they come.

    Threads ask, and whoever iterates keeps: so only one thread writes, the one that hears Ctrl-C.
    At most two answers per connection wait in memory.

    Parameters
    ----------
    questions : iterable
    ask : callable
        Must be safe to call from several threads.
    connections : int
        Threads.
    stop : threading.Event
        Set when the iteration ends, for whatever reason.
    """
    waiting = iter(questions)
    lock = threading.Lock()
    answers: queue.Queue = queue.Queue(2 * connections)

    def work() -> None:
        while not stop.is_set():
            with lock:
                question = next(waiting, _END)
            if question is _END:
                break
            try:
                got: object = ask(question)
            except Stopped:
                break
            except Exception as error:
                got = error
            _put(answers, (question, got), stop)
        _put(answers, _END, stop)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(connections)]
    for thread in threads:
        thread.start()
    try:
        n_working = connections
        while n_working:
            if (answer := answers.get()) is _END:
                n_working -= 1
            else:
                yield answer
    finally:
        stop.set()
        for thread in threads:
            thread.join(GRACE / connections)


_END = object()


def _put(answers: queue.Queue, answer: object, stop: threading.Event) -> None:
    """Hand an answer over, unless nobody waits for it any more."""
    while not stop.is_set():
        try:
            answers.put(answer, timeout=0.1)
            return
        except queue.Full:
            continue
