"""Who changed the knowledge, and on which page, beside each event of its history.

The history of patients' rows names the author in the row itself; their requests do without.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from pghistory.middleware import HistoryMiddleware

EDITED_UNDER = ("/admin/", "/knowledge/")


class KnowledgeHistoryMiddleware(HistoryMiddleware):  # type: ignore[misc]
    def __call__(self, request: HttpRequest) -> HttpResponse:
        edits = request.path_info.startswith(EDITED_UNDER)
        response: HttpResponse = super().__call__(request) if edits else self.get_response(request)
        return response
