"""Data sets of others as release documents of the one schema. Their files are arguments; none is kept here."""
