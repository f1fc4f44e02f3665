"""What the FITS header and the catalogue say about a re-observation."""

from collections.abc import Iterator

import numpy as np

from lcgan.spectra.lamost_write import Card
from lcgan.stars.reobserve import FILLED_BIT, Observations
from lcgan.stars.star import PACKAGE, Star
from lcgan.stars.wavelength import SPEED_OF_LIGHT

#: Fibres per spectrograph and spectrographs of LAMOST, so that FIBERID and SPID stay in range.
N_FIBRES, N_SPECTROGRAPHS = 250, 16
#: LMJD of the first 4,000 observations of a star: 20 March 2003, the library's own date.
FIRST_LMJD = 52718
#: OBSID is the star's number in the library times this, plus the observation's.
OBSID_PER_STAR = 1_000_000
NO_MAGNITUDE = -999.0


def placement(star: Star, index: int) -> dict[str, str | int]:
    """Return the numbers that name an observation, different for each (star, index).

    Returns
    -------
    dict
        obsid, lmjd, planid, spid, fiberid and the file name made of them.
    """
    night, place = divmod(index, N_FIBRES * N_SPECTROGRAPHS)
    spid, fiberid = place // N_FIBRES + 1, place % N_FIBRES + 1
    lmjd = FIRST_LMJD + night
    return {
        "file": f"spec-{lmjd}-{star.name}_sp{spid:02d}-{fiberid:03d}.fits.gz",
        "obsid": star.number * OBSID_PER_STAR + index + 1,
        "lmjd": lmjd,
        "planid": star.name,
        "spid": spid,
        "fiberid": fiberid,
    }


def catalogue_rows(star: Star, seen: Observations) -> Iterator[dict]:
    """Yield one row of catalogue.csv per observation."""
    draws = seen.draws
    for i, index in enumerate(draws.index):
        place = placement(star, int(index))
        yield {
            "file": place["file"],
            "obsid": place["obsid"],
            "star": star.name,
            "class": star.class_,
            "subclass": star.subclass,
            "spectral_type": star.spectral_type,
            "ebv": round(float(draws.ebv[i]), 4),
            "radial_velocity": round(float(draws.radial_velocity[i]), 2),
            "snr": round(float(draws.snr[i]), 2),
            "resolution": round(float(draws.resolution[i]), 4),
            "v_sin_i": round(float(draws.v_sin_i[i]), 1),
            "nebular_h_alpha": round(float(draws.nebula[i]), 3),
            "filled_fraction": round(float(np.mean(seen.ormask[i] >= FILLED_BIT)), 4),
            "filled_from": star.neighbour,
            "ra": star.ra,
            "dec": star.dec,
        }


def cards(star: Star, row: dict, bands: dict[str, float]) -> list[Card]:
    """Return the primary header's cards of one observation.

    Parameters
    ----------
    star : Star
    row : dict
        Its row of `catalogue_rows`.
    bands : dict
        S/N by band letter U, G, R, I, Z.
    """
    place = placement(star, (row["obsid"] - 1) % OBSID_PER_STAR)
    magnitudes = [(f"MAG_PS_{b}", NO_MAGNITUDE, "[mag] not observed") for b in "GRIZY"]
    ratios = [
        (f"SNR{band}", round(float(bands[band]), 2), f"SNR of {band.lower()} filter")
        for band in "UGRIZ"
    ]
    return [
        ("FILENAME", place["file"], ""),
        ("OBSID", place["obsid"], "Unique number ID of this spectrum"),
        ("AUTHOR", "lcgan observe", "Who compiled the information"),
        ("DATA_V", "STELIB v3.2", "Data release version"),
        ("N_EXTEN", 2, "The amount of extension"),
        ("NORM", 0, "1 if there exists a normalized spectrum"),
        ("ORIGIN", "STELIB RE-OBSERVED", "Simulated LAMOST observation of a real star"),
        ("TELESCOP", "SIMULATED LAMOST", "Not an observation by LAMOST"),
        ("LMJD", place["lmjd"], "Local Modified Julian Day (a number only)"),
        ("PLANID", place["planid"], "Plan ID in use"),
        ("RA", star.ra, "[deg] Right ascension of object"),
        ("DEC", star.dec, "[deg] Declination of object"),
        ("DESIG", designation(star.ra, star.dec), "Designation of LAMOST target"),
        ("SPID", place["spid"], "Spectrograph ID"),
        ("FIBERID", place["fiberid"], "Fiber ID of Object"),
        ("FIB_TYPE", "Obj", "Fiber type of object"),
        ("FIB_MASK", 0, "Bitmask of warning values, 0 means good"),
        ("OBJTYPE", "Star", "Object type from input catalog"),
        ("OBJNAME", star.name, "Name of object"),
        ("OBS_TYPE", "OBJ", "The type of target"),
        *magnitudes,
        ("RADECSYS", "FK5", "Equatorial coordinate system"),
        ("EQUINOX", 2000.0, "Equinox in years"),
        ("HELIO", True, "Heliocentric correction"),
        ("HELIO_RV", 0.0, "[km/s] Heliocentric correction"),
        ("VACUUM", True, "Wavelengths are in vacuum"),
        ("NWORDER", 2, "Number of linear-log10 coefficients"),
        ("WFITTYPE", "LOG-LINEAR", "Linear-log10 dispersion"),
        ("DC-FLAG", 1, "Log-linear flag"),
        ("CLASS", "STAR", "Class of object"),
        ("SUBCLASS", star.subclass, "Subclass of object"),
        ("Z", round(row["radial_velocity"] / SPEED_OF_LIGHT, 8), "RV put in / c"),
        ("Z_ERR", 0.0, "Z was put in, not measured"),
        ("ZFLAG", "TRUTH", "Which method computes the redshift"),
        *ratios,
        ("STAR", star.name, "STELIB star that was re-observed"),
        ("SPECTYPE", star.spectral_type, "STELIB's spectral type"),
        ("LIBRARY", PACKAGE, "Package that carries STELIB"),
        ("EBV", row["ebv"], "[mag] E(B-V) put in"),
        ("RV", row["radial_velocity"], "[km/s] radial velocity put in"),
        ("SNR", row["snr"], "S/N per pixel in g put in"),
        ("RESOLV", row["resolution"], "FWHM put in over the arm's mean"),
        ("VSINI", row["v_sin_i"], "[km/s] rotation added"),
        ("NEBULAHA", row["nebular_h_alpha"], "[Angstrom] nebular H alpha put in"),
        ("FILLSTAR", star.neighbour or "none", "Star that filled the gaps of STELIB"),
        ("FILLBIT", int(FILLED_BIT), "ORMASK bit of the pixels filled"),
    ]


def designation(ra: float, dec: float) -> str:
    """Return LAMOST's name of a J2000 position (degrees), truncated as the IAU wants it.

    Examples
    --------
    >>> designation(332.202274, -2.056767)
    'LAMOST J220848.54-020324.3'
    """
    hundredths = int(ra / 15 * 360_000 + 1e-6)
    tenths = int(abs(dec) * 36_000 + 1e-6)
    hours, minutes, seconds = _sexagesimal(hundredths, 100)
    degrees, arcminutes, arcseconds = _sexagesimal(tenths, 10)
    return (
        f"LAMOST J{hours:02d}{minutes:02d}{seconds:05.2f}"
        f"{'-' if dec < 0 else '+'}{degrees:02d}{arcminutes:02d}{arcseconds:04.1f}"
    )


def _sexagesimal(count: int, per_second: int) -> tuple[int, int, float]:
    """Split a count of fractions of a second into (hours, minutes, seconds)."""
    minutes, rest = divmod(count, 60 * per_second)
    return *divmod(minutes, 60), rest / per_second
