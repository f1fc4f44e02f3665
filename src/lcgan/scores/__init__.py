"""One score per file, with the name it has in the paper."""
