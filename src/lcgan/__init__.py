"""Hunting O-type stars in LAMOST spectra with a locally connected GAN.

After Yang, Wu, Luo & Zou (2021), *Spectra Recognition Model for O-type Stars Based on Data
Augmentation*, Front. Astron. Space Sci. 8:634328, called "the paper" throughout.
"""

__version__ = "0.1.0"
