"""The classes that the recognition network tells apart."""

#: In the order of the network's outputs (the paper, Table 1).
CLASSES = ("O", "F", "G", "K")
#: Of the survey arm: every class that the libraries have stars of; "other" is what is none of O to
#: M: hot subdwarfs, white dwarfs, Wolf-Rayet stars.
SURVEY_CLASSES = ("O", "B", "A", "F", "G", "K", "M", "other")
