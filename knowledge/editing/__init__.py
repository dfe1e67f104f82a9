"""Changing the working copy by hand: one entity or one row at a time, checked, on record, undone again."""
