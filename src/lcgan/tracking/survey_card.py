"""What the model card says of the survey arm's network, and of no other."""

from collections.abc import Mapping


def what(classes) -> str:
    """Return what the model is."""
    return (
        "Takes flux (any unit) and wavelength (vacuum Å, any grid that covers 3700 to 8671 Å), "
        f"optionally inverse variance; returns a probability for each of {', '.join(classes)} "
        "(other: hot subdwarfs, white dwarfs, Wolf-Rayet stars). The spectrum is divided by its "
        "pseudo-continuum; a logistic regression reads the class off principal components of the "
        "lines, and a few of the continuum. It was chosen over the residual network of Yang, Wu, "
        "Luo & Zou (2021), which the project's other arms train: see docs/survey.md."
    )


def data(counts: Mapping[str, Mapping[str, int]]) -> str:
    """Return what it was fitted to, from the number of spectra by set and class."""
    said = {
        part: ", ".join(f"{n:,} {name}" for name, n in of.items()) for part, of in counts.items()
    }
    return (
        "Spectra of real stars of the libraries STELIB (Le Borgne et al. 2003) and MILES "
        "(Sánchez-Blázquez et al. 2006), re-observed as LAMOST would, with wide physics: "
        "extinction, radial velocity, S/N, rotation, nebular emission, missing ends.\n\n"
        f"- Fitted to {said['n_train']}.\n"
        f"- Chosen by {said['n_early_stop']}, of other stars where a class has ten or more.\n"
        "- A to M by effective temperature, between boundaries at which LAMOST's own subclasses "
        "change; so an F, G or K here is what LAMOST calls so, as far as one line can be drawn."
    )


def training(settings: Mapping, seconds: float, seed: int, score: float) -> str:
    """Return how it was fitted, from the block `train_classifier.survey`."""
    bases = "; ".join(
        f"{basis['n']} of {', '.join(basis['classes']) or 'all classes'}, "
        f"{basis['wavelength'][0]:.0f} to {basis['wavelength'][1]:.0f} Å"
        for basis in settings["bases"]
    )
    return (
        f"- Pseudo-continuum: local straight lines, Gaussian weights of "
        f"{settings['continuum_scale']:g} pixels.\n"
        f"- Components of the lines: {bases}; {settings['colours']} of the continuum; all cut off "
        "at 5 standard deviations.\n"
        f"- Penalised logistic regression, strength {settings['strength']:g}; {seconds:.0f} s. "
        f"Nothing is drawn but the spectra, seed {seed}; O out of `{settings['o_spectra']}`.\n"
        f"- Macro-F1 on the selection set: {score:.4f}."
    )


def figures(survey: Mapping, percent) -> str:
    """Return the figures on stars of every class that no training saw.

    Parameters
    ----------
    survey : mapping
        From `lcgan.scores.survey.survey_figures`.
    percent : callable
        From a proportion to text.
    """
    lines = [
        "Re-observed stars that no training saw, S/N 10 and more per pixel in g:",
        "",
        "| true class | called right | called O |",
        "|---|---|---|",
    ]
    lines += [
        f"| {name} | {percent(survey['right_by_class'][name])} | {percent(called)} |"
        for name, called in survey["called_o_by_class"].items()
    ]
    stars = "; ".join(f"{star} {percent(it)}" for star, it in survey["o_recall_by_star"].items())
    bins = "; ".join(
        f"{it['snr_from']:g} to {it['snr_to'] or 'more'}: {percent(it)}"
        for it in survey["o_recall_by_snr"]
    )
    lines += ["", f"O recall by star: {stars}.", "", f"O recall by S/N: {bins}."]
    return "\n".join(lines)
