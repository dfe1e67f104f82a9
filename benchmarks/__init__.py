"""Measurements side by side, each in one run on one machine. A number alone says little; a ratio travels."""
