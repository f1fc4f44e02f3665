"""Where a network looks: integrated gradients over wavelength, and its channel attention."""

import numpy as np

#: Steps of the path integral, and spectra that go through at a time.
STEPS = 16
#: O spectra looked at; more cost time and change the mean little.
MOST = 32


def integrated_gradients(
    model, flux: np.ndarray, baseline: np.ndarray, number: int = 0, steps: int = STEPS
) -> np.ndarray:
    """Return what each pixel adds to a class's margin on the way from a baseline to a spectrum.

    Parameters
    ----------
    model : keras.Model
        With layers `dense` and `probabilities`, as `lcgan.recognition.racnet.build` makes it.
    flux : ndarray, shape (n, L) float32
    baseline : ndarray, shape (L,)
    number : int
        The class.
    steps : int

    Returns
    -------
    ndarray, shape (n, L)
        Their sum over L is margin(flux) - margin(baseline), up to the steps of the integral.

    Notes
    -----
    (x - x0) times the mean gradient at the middles of `steps` parts of the line from x0 to x
    (Sundararajan et al. 2017, ICML, arXiv:1703.01365, eqs. 1 and 3). The margin is the class's
    logit less the logarithm of the sum of the others' exponentials, ln p - ln (1 - p): where p is
    close to 1 it still has a slope.
    """
    import tensorflow as tf

    margin = margin_of(model, number)

    @tf.function(input_signature=[tf.TensorSpec((None, flux.shape[1]), tf.float32)])
    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            found = tf.reduce_sum(margin(x))
        return tape.gradient(found, x)

    shares = (np.arange(steps, dtype=np.float32) + 0.5) / steps
    found = np.empty(flux.shape)
    for row, one in enumerate(flux):
        path = baseline + shares[:, None] * (one - baseline)
        found[row] = (one - baseline) * gradient(path.astype(np.float32)).numpy().mean(axis=0)
    return found


def margin_of(model, number: int):
    """Return a function of spectra, shape (B, L): ln p - ln (1 - p) of a class, shape (B,)."""
    import keras
    import tensorflow as tf

    features = keras.Model(model.input, model.get_layer("dense").output)
    last = model.get_layer("probabilities")

    def margin(x):
        logits = tf.matmul(features(x, training=False), last.kernel.value) + last.bias.value
        others = [i for i in range(logits.shape[1]) if i != number]
        return logits[:, number] - tf.reduce_logsumexp(tf.gather(logits, others, axis=1), axis=1)

    return margin


def attention(model, flux: np.ndarray) -> np.ndarray:
    """Return the mean channel attention of each block, shape (blocks, channels of the widest).

    NaN beyond a block's own channels.
    """
    import keras

    layers = [layer for layer in model.layers if layer.name.endswith("_attention")]
    entering = keras.Model(model.input, [layer.input for layer in layers])
    inputs = entering(flux, training=False)
    inputs = inputs if isinstance(inputs, (list, tuple)) else [inputs]
    weights = [
        np.asarray(layer.weights_of(x)[1]).mean(axis=0)
        for layer, x in zip(layers, inputs, strict=True)
    ]
    found = np.full((len(weights), max(map(len, weights))), np.nan)
    for row, one in zip(found, weights, strict=True):
        row[: len(one)] = one
    return found


def look(model, o: np.ndarray, others: np.ndarray) -> dict[str, np.ndarray]:
    """Return where a network looks, on O spectra that no training saw, beside others.

    Parameters
    ----------
    model : keras.Model
    o, others : ndarray, shape (n, L) float32
        Standardised O spectra, and F, G, K; the first `MOST` of either are looked at.

    Returns
    -------
    dict of ndarray
        saliency, signed, shape (L,): mean of the absolute integrated gradients and of the signed
        ones, over the sum of the absolute; attention, shape (blocks, 2, channels); n. The
        baseline is the mean of the others.
    """
    o, others = np.asarray(o[:MOST]), np.asarray(others[:MOST])
    gradients = integrated_gradients(model, o, others.mean(axis=0))
    size = np.abs(gradients).mean(axis=0)
    both = np.stack([attention(model, o), attention(model, others)], axis=1)
    total = size.sum() or 1.0
    return {
        "saliency": size / total,
        "signed": gradients.mean(axis=0) / total,
        "attention": both,
        "n": np.array(len(o)),
    }
