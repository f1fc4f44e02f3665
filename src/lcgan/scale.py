"""Choosing the sizes, the default's, the paper's or tiny: one line of params.yaml."""

import re
from pathlib import Path

from lcgan.errors import UserError
from lcgan.files import replacing
from lcgan.params import load

_LINE = re.compile(r"^(scale:[ \t]*)([\w.-]+)", re.MULTILINE)


def choose(scale: str, path: Path | str = "params.yaml") -> str:
    """Set `scale:` in params.yaml, touching no other character of the file.

    Parameters
    ----------
    scale : str
        One of the blocks below `scales:`; empty leaves the file as it is.
    path : Path
        The file.

    Returns
    -------
    str
        The scale that the file now has.

    Raises
    ------
    UserError
        If the file has no such scale, or its parameters at that scale are not valid, or it has
        no line to change. The file is then as it was.
    """
    path = Path(path)
    try:
        chosen = load(path, [f"scale={scale}"]).scale
    except UserError as error:  # the scale is said here by its name alone
        raise UserError(str(error).removeprefix("--set: ")) from None
    text = path.read_text()
    written, n_lines = _LINE.subn(lambda line: line[1] + chosen, text)
    if n_lines != 1:
        raise UserError(f"{path}: no single line `scale: NAME` to change; write one at its top")
    if written != text:
        with replacing(path) as part:
            part.write_text(written)
    return chosen
