"""How TensorFlow is started: with which kernels, and without a word."""

import os
import subprocess
import sys

STEP = """
from lcgan.quiet import start_tensorflow
start_tensorflow(1)
import tensorflow as tf
convolve = tf.function(lambda x: tf.nn.conv2d(x, tf.ones((1, 3, 16, 16)), 1, "SAME"))
convolve(tf.ones((8, 1, 256, 16)))
"""


def kernels(**environment: str) -> subprocess.CompletedProcess:
    """Run a convolution in a fresh process that names the oneDNN kernels it calls."""
    env = {key: value for key, value in os.environ.items() if key != "TF_ENABLE_ONEDNN_OPTS"}
    env |= {"ONEDNN_VERBOSE": "1", **environment}
    words = [sys.executable, "-c", STEP]
    return subprocess.run(words, env=env, capture_output=True, text=True, check=True)


def test_convolutions_are_onednns_on_every_processor_unless_the_user_says_no():
    assert ",exec,cpu,convolution," in kernels().stdout
    assert ",exec,cpu,convolution," not in kernels(TF_ENABLE_ONEDNN_OPTS="0").stdout


def test_tensorflow_starts_without_a_word():
    done = kernels(ONEDNN_VERBOSE="0")
    assert (done.stdout, done.stderr) == ("", "")
