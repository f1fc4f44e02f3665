"""Fits of the recognition network on a machine that has PyTorch and nothing else of this project.

`python -m lcgan.torch_fits FOLDER` runs what `lcgan study --hand-out FOLDER` wrote there, on a GPU
where there is one; `lcgan study --take-in FOLDER` reads what it leaves. Imports numpy, PyTorch,
`lcgan.seeds` and `lcgan.files` alone. The network, the order of the spectra and the rule to stop by
are those of `lcgan.recognition`; the first weights are drawn by numpy from the same law, the
spectra are rounded to half precision, and sums are rounded otherwise: fits of the two are not to be
mixed (docs/augmentation.md says how they differ).
"""
