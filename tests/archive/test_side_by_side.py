import threading
import time

import pytest

from lcgan.archive.download import side_by_side
from lcgan.archive.pace import Stopped


def test_every_question_gets_its_answer_or_what_was_raised():
    def ask(question):
        if question == 7:
            raise ValueError("seven")
        return question * 2

    answers = dict(side_by_side(range(20), ask, 3, threading.Event()))
    assert str(answers.pop(7)) == "seven"
    assert answers == {n: n * 2 for n in range(20) if n != 7}


def test_no_question_is_no_answer():
    assert list(side_by_side([], str, 3, threading.Event())) == []


def test_nothing_is_asked_any_more_once_nobody_listens():
    asked, before = [], set(threading.enumerate())
    answers = side_by_side(range(10_000), asked.append, 2, threading.Event())
    next(answers)
    answers.close()
    n_asked = len(asked)
    time.sleep(0.2)
    assert len(asked) == n_asked < 20
    assert set(threading.enumerate()) <= before


def test_few_answers_wait_for_a_slow_listener():
    asked = []
    for _ in side_by_side(range(100), asked.append, 2, threading.Event()):
        time.sleep(0.2)
        break
    assert len(asked) <= 1 + 4 + 2


@pytest.mark.parametrize("connections", [1, 4])
def test_a_thread_that_hangs_does_not_hold_the_end_up(connections):
    hang = threading.Event()

    def ask(question):
        if question:
            hang.wait(30)
        return question

    answers = side_by_side(range(9), ask, connections, threading.Event())
    next(answers)
    begin = time.monotonic()
    answers.close()
    assert time.monotonic() - begin < 2
    hang.set()


def test_threads_that_are_sent_off_end_the_iteration():
    def ask(question):
        raise Stopped

    assert list(side_by_side(range(9), ask, 3, threading.Event())) == []
