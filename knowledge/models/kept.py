from __future__ import annotations

from django.conf import settings
from django.db import models


class KeptForm(models.Model):
    """What an editor typed and has not saved yet; gone once it is saved or discarded. No history."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    path = models.CharField(max_length=250)
    fields = models.JSONField()
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "path"], name="knowledge_keptform_once"),)

    def __str__(self) -> str:
        return self.path
