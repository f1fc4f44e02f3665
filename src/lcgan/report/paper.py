"""The paper's own figures, each with its place in it.

Yang, Wu, Luo & Zou (2021), *Spectra Recognition Model for O-type Stars Based on Data
Augmentation*, Front. Astron. Space Sci. 8:634328. They were measured on LAMOST's own O stars;
what this project measures on other spectra stands beside them and is not comparable.
"""

from lcgan.datasets import PAPER_TABLE_1

CITATION = "Yang, Wu, Luo & Zou 2021, Front. Astron. Space Sci. 8:634328"

#: Table 1: spectra per class of each data set.
TABLE_1 = PAPER_TABLE_1

#: Table 2: the mean over several checkpoints (their number is not given).
TABLE_2 = {
    "lcgan": {"gan_train": 0.9150, "gan_test": 0.9548},
    "sgan": {"gan_train": 0.9138, "gan_test": 0.8313},
}

#: Recognition accuracy on Data set 2, which is O recall: Data set 2 holds O stars only.
#: lcgan: "can reach 93.67%" (Abstract; Results, text beside Figure 7), the best checkpoint.
#: sgan: "3.31% higher than SGAN" (same sentence), so 93.67 % less 3.31 points.
#: none: 85.1 % (same section, citing Zou et al. 2020); the Abstract's 8.66 points imply 85.01 %.
RECALL = {"lcgan": 0.9367, "sgan": 0.9036, "none": 0.851}

#: O recall with LCGAN's spectra less that of another form: the Abstract's 8.66 points, and 3.31.
GAIN = {"none_as_is": 0.0866, "sgan": 0.0331}

#: Where each of those stands.
PLACE = {
    "lcgan": "Abstract; Results, beside Figure 7",
    "sgan": "Results, beside Figure 7: 3.31 points below LCGAN",
    "none": "Results, beside Figure 7 (citing Zou et al. 2020)",
    "gan_train": "Table 2",
    "gan_test": "Table 2",
}

#: What the paper says of its sizes, in words where it gives no number.
SIZES = {
    "iterations": "“more than 2,000”",
    "checkpoints": "“multiple”",
    "n_generated": "10,000",
    "carried": "those of Figure 7",
    "repeats": "10",
    "blocks": "not given",
    "max_epochs": "not given",
    "held_out": "none",
    "unseen_stars": "none",
}
