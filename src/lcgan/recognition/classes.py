"""The classes that the recognition network tells apart."""

#: In the order of the network's outputs (the paper, Table 1).
CLASSES = ("O", "F", "G", "K")
