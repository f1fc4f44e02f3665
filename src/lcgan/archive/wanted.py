"""What a user asks the archive for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lcgan.archive import catalogue, cone
from lcgan.archive.address import Archive
from lcgan.archive.catalogue import Choice
from lcgan.archive.client import Client
from lcgan.archive.cone import Place
from lcgan.archive.token import Token
from lcgan.errors import UserError
from lcgan.seeds import rng_of


@dataclass(frozen=True)
class Wanted:
    """Which spectra: one of `obsid_file`, `catalogue` and `cone`; of them, those of `subclasses`.

    Attributes
    ----------
    obsid_file, catalogue : Path or None
    cone : (float, float, float) or None
        Right ascension, declination, radius; degrees.
    subclasses : sequence of str
        As `lcgan.archive.catalogue.Choice` has them.
    at_most : int or None
        So many of them, drawn by the seed; a larger number draws the same and more.
    """

    obsid_file: Path | None = None
    catalogue: Path | None = None
    cone: Place | None = None
    subclasses: Sequence[str] = ()
    at_most: int | None = None

    def check(self) -> None:
        """Refuse what contradicts itself.

        Raises
        ------
        UserError
            If it does.
        """
        given = [v for v in (self.obsid_file, self.catalogue, self.cone) if v is not None]
        if len(given) != 1:
            raise UserError("fetch: give one of --obsid-file, --catalogue and --cone")
        if self.obsid_file is not None and self.subclasses:
            raise UserError("--subclass: a list of OBSIDs has none; give a table by --catalogue")
        if not all(name.strip() for name in self.subclasses):
            raise UserError("--subclass: empty; name a class (O) or a subclass (B6)")
        if self.at_most is not None and self.at_most < 1:
            raise UserError(f"--max {self.at_most}: at least 1")
        if self.cone is not None:
            cone.check_place(self.cone)

    def obsids(self, archive: Archive, client: Client, token: Token, seed: int) -> list[int]:
        """Return the OBSIDs, each once; only a cone search asks the archive.

        Raises
        ------
        UserError
            If a file or an answer is of no use.
        Hopeless, Stopped
            As `Client.ask`.
        """
        choice = Choice(self.subclasses)
        if self.obsid_file is not None:
            found = catalogue.read_obsids(self.obsid_file)
        elif self.catalogue is not None:
            found = catalogue.read_catalogue(self.catalogue, choice)
        else:
            found = cone.search(client, archive.cone(*self.cone), self.cone, choice, token)
        if self.at_most is None or self.at_most >= len(found):
            return found
        drawn = rng_of(seed, "fetch", "max").permutation(len(found))[: self.at_most]
        return [found[i] for i in sorted(drawn.tolist())]
