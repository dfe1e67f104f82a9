"""New outputs are stored packed; those there stay as they are and are read as before. No statement."""

from django.db import migrations

import triage.models.packed


class Migration(migrations.Migration):
    dependencies = [("triage", "0018_programmes")]

    operations = [
        migrations.AlterField("assessment", "output", triage.models.packed.PackedField()),
    ]
