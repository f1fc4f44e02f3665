import csv

import pytest

from lcgan.spectra.subclass import VOCABULARY, class_letter

LETTERS = {
    "O": "O5 O9.5 O9.5Iae O6/7 O8V+ O7Ve O5e O O6If dO5",
    "B": "B0 B9p B2IV B[e] B6 Be B8Ia",
    "A": "A7V A1IV A4III A0 Am A2IV A",
    "F": "F5 F9 F0II F Fp F5Iab:",
    "G": "G5 G0 gG8 dG2 G8III/IV",
    "K": "K7 K0III gK5",
    "M": "dM0 gM0 M6III M2 dM8e",
    "other": "sdB sdO sdM1 esdK5 DA DB WD WDMagnetic WN5 WC7 Carbon CarbonWD CV DoubleStar EM L0 S "
    "sdOB He-sdO SDB WDmagnetic CalciumWD WDcooler DZ DQ DAH Carbon_lines BHB L5 T2 Ba esdM2 AGN",
    "UNKNOWN": "Non OB O/B O9/B0 O9.5-B0 -9999 - null",
}
CASES = [(subclass, letter) for letter, names in LETTERS.items() for subclass in names.split()]


@pytest.mark.parametrize(("subclass", "letter"), CASES)
def test_stars(subclass, letter):
    assert class_letter("STAR", subclass) == letter
    assert class_letter("", f" {subclass} ") == letter


def test_what_is_no_star():
    assert class_letter("GALAXY", "Non") == "GALAXY"
    assert class_letter("QSO", "") == "QSO"
    assert class_letter("Unknown", "G5") == "UNKNOWN"
    assert class_letter("STAR", "") == "UNKNOWN"
    assert class_letter("STAR", "M6III (148783)") == "M"
    assert class_letter("STAR", "Binary") == class_letter("STAR", "Mira") == "other"


def test_every_letter_is_in_the_vocabulary():
    assert {letter for _, letter in CASES} | {"GALAXY", "QSO"} == set(VOCABULARY)


def test_real_subclasses_get_their_letter(real):
    with (real / "MANIFEST.csv").open() as handle:
        lines = [line for line in csv.DictReader(handle) if line["format"].startswith("LAMOST LRS")]
    stars = [line["subclass"] for line in lines if line["class"] == "STAR"]
    assert len(stars) > 200
    for subclass in stars:
        expected = "other" if subclass == "DB" else subclass.lstrip("dg")[0]
        assert class_letter("STAR", subclass) == expected
