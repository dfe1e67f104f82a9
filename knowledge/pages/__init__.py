"""What the pages of the knowledge show, put together from one release: named, not coded."""

from knowledge.pages.conditions import condition_page
from knowledge.pages.findings import finding_page
from knowledge.pages.index import index_page
from knowledge.pages.places import site_page
from knowledge.pages.separate import separation
from knowledge.pages.sources import source_page
from knowledge.pages.treatments import treatment_page

__all__ = [
    "condition_page",
    "finding_page",
    "index_page",
    "separation",
    "site_page",
    "source_page",
    "treatment_page",
]
