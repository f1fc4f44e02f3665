"""The command line: one command per stage, and the user's own."""

import typer

from lcgan.commands import stages, studies, users

app = typer.Typer(
    name="lcgan",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Hunt O-type stars in LAMOST spectra with a locally connected GAN.",
)
for part in (stages, studies, users):
    app.add_typer(part.app)

if __name__ == "__main__":
    app()
