"""Independent trials of a study: what there are, how they run, what is kept of them."""
