"""Generative adversarial networks for spectra."""
