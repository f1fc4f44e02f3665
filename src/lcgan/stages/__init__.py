"""One module per stage: read inputs, call the rooms, write outputs."""
