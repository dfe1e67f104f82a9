"""Administration of the working copy, for whoever keeps the house; editors have pages of their own."""

from knowledge.admin import conditions, findings, places, plans, releases

__all__ = ["conditions", "findings", "places", "plans", "releases"]
