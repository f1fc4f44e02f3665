"""TensorFlow's start: its chatter kept off the user's terminal, its threads, its kernels."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

#: XLA's loops use the widest vectors that the processor has, not 256 bits: up to twice as fast.
WIDE = "--xla_cpu_prefer_vector_width=512"


@contextmanager
def silenced() -> Iterator[None]:
    """Send this process's standard error nowhere while the block runs.

    TensorFlow's C++ parts write to the file descriptor itself, before any of their own settings
    for quiet are read.
    """
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def start_tensorflow(threads: int | None = None) -> None:
    """Import TensorFlow without its start-up lines, and give it its threads.

    Parameters
    ----------
    threads : int, optional
        For one operation; with it, operations run one after another.

    Notes
    -----
    oneDNN's kernels are asked for: by itself TensorFlow takes them only where the processor has
    AVX-512 for neural networks. With AVX2 alone the recognition network's step takes 0.6 of the
    time with them. `TF_ENABLE_ONEDNN_OPTS=0` in the environment does without.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    flags = os.environ.get("XLA_FLAGS", "")
    if WIDE not in flags:
        os.environ["XLA_FLAGS"] = f"{WIDE} {flags}".strip()
    with silenced():
        import keras  # noqa: F401
        import tensorflow as tf

        if threads:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.list_logical_devices()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # "retracing": one trace per layer
