"""Adam on all weights of a network at once."""

from collections.abc import Sequence

import tensorflow as tf


class Adam:
    """Adam (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1 in the form of their section 2).

    The same numbers as Keras' Adam gives. That one takes some fifty operations for each of a
    network's variables, a hundred or more; here all gradients are one vector, which takes fifteen,
    and three more for each variable.

    Parameters
    ----------
    variables : sequence of tf.Variable
        The weights.
    learning_rate : float

    Attributes
    ----------
    state : tuple of tf.Variable
        Steps so far, and the running means of the gradient and of its square, 0 at the start.
    """

    BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7

    def __init__(self, variables: Sequence[tf.Variable], learning_rate: float):
        self._variables, self._rate = list(variables), learning_rate
        self._sizes = [variable.shape.num_elements() for variable in self._variables]
        size = sum(self._sizes)
        self.state = tf.Variable(0), tf.Variable(tf.zeros(size)), tf.Variable(tf.zeros(size))

    def apply(self, gradients: Sequence[tf.Tensor]) -> None:
        """Take one step down the gradients, one for each variable."""
        steps, mean, square = self.state
        done = tf.cast(steps.assign_add(1), tf.float32)
        root = tf.sqrt(1 - tf.pow(self.BETA_2, done))
        rate = self._rate * root / (1 - tf.pow(self.BETA_1, done))
        gradient = tf.concat([tf.reshape(one, [-1]) for one in gradients], 0)
        mean.assign_add((gradient - mean) * (1 - self.BETA_1))
        square.assign_add((tf.square(gradient) - square) * (1 - self.BETA_2))
        change = mean * rate / (tf.sqrt(square) + self.EPSILON)
        for variable, part in zip(self._variables, tf.split(change, self._sizes), strict=True):
            variable.assign_sub(tf.reshape(part, variable.shape))

    def reset(self) -> None:
        """Forget all steps."""
        for variable in self.state:
            variable.assign(tf.zeros_like(variable))
