"""Data sets of others as release documents of the one schema. Files are arguments."""
