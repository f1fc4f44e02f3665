"""The command `lcgan classify`, as the tests call it."""

from typer.testing import CliRunner

from lcgan.cli import app


def lcgan(*words: object):
    return CliRunner().invoke(app, ["classify", *map(str, words)])
