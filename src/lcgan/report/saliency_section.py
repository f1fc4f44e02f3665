"""The page's section on where the networks look."""

from collections.abc import Mapping

from lcgan.report.results import Saliency
from lcgan.report.saliency_figures import WINDOW, sentence

_TEMPLATE = """<h3>Where the networks look</h3>
<ul>{% for line in sentences %}<li>{{ line }}</li>{% endfor %}</ul>
<figure id="fig-saliency"><div class="scroll">{{ figures.saliency }}</div><figcaption>Integrated
gradients (Sundararajan et al. 2017) of the margin ln p(O) − ln (1 − p(O)), from the mean of
held-out F, G and K spectra to leakage-free O spectra: what each pixel adds. Filled: mean of the
absolute values; line: mean with its sign, above zero speaks for O; both in units of an even share.
Marked: the O lines, He II dark. Windows: {{ window }} Å to each side. A line is not all that a
network sees there: the continuum counts too.</figcaption></figure>
<figure id="fig-attention"><div class="scroll">{{ figures.attention }}</div><figcaption>Mean
channel attention, channels sorted by their weight on O spectra (colour); grey: on F, G and K.
Lines that lie together: attention does not depend on the class.</figcaption></figure>"""


def render(found: Mapping[str, Saliency], figures: Mapping[str, str]):
    """Return the section as Markup, empty where no network was looked into.

    Parameters
    ----------
    found : dict of str to Saliency
        By form of training.
    figures : dict of str to str
        SVG of `lcgan.report.saliency_figures`.
    """
    import jinja2
    from markupsafe import Markup

    if not found:
        return Markup("")
    template = jinja2.Environment(autoescape=True).from_string(_TEMPLATE)
    return Markup(
        template.render(
            sentences=[sentence(name, one) for name, one in found.items()],
            figures={name: Markup(svg) for name, svg in figures.items()},
            window=f"{WINDOW:.0f}",
        )
    )
