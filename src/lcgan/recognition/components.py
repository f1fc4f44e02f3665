"""The survey arm's network: principal components of lines and colours, one softmax over them.

A network of convolutions as deep as the paper's learns what only re-observed spectra have. These
few hundred numbers of a spectrum hold its lines and little else, and what a class is made of can be
read off the weights, pixel by pixel. docs/survey.md has both side by side.
"""

import keras
from keras import layers

from lcgan.recognition.continuum import ContinuumDivision
from lcgan.recognition.graph import MOST


@keras.saving.register_keras_serializable(package="lcgan")
def cut_off(values):
    """Cut components off at `MOST` standard deviations."""
    return keras.ops.clip(values, -MOST, MOST)


def build(n_pixels: int, n_classes: int, continuum_scale: float, n_components: int) -> keras.Model:
    """Build the network: (batch, n_pixels) of unit 2-norm → (batch, n_classes) probabilities."""
    flux = keras.Input((n_pixels,), name="flux")
    x = ContinuumDivision(continuum_scale, name="continuum")(flux)
    x = layers.Dense(n_components, activation=cut_off, name="components")(x)
    x = layers.Dense(n_classes, activation="softmax", name="probabilities")(x)
    return keras.Model(flux, x, name="components")
