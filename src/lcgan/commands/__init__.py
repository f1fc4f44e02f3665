"""The command line's commands; `lcgan.cli` puts them together. No work is done here."""
