"""A survey's spectra through the registered model: shards, planned, scored and kept."""
