"""Nobody publishes alone: reviews, what became current when, and the functions their triggers call."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION knowledge_current_release() RETURNS uuid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN (SELECT release_id FROM knowledge_releaseactivation ORDER BY id DESC LIMIT 1);
END
$$;

-- Whatever was changed in a transaction that began before this moment is either committed or still to come
-- with an earlier time stamp: the history stamps an event with the beginning of its transaction.
CREATE FUNCTION knowledge_settled_at() RETURNS timestamptz
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN (
        SELECT least(now(), min(xact_start)) FROM pg_stat_activity WHERE datname = current_database()
    );
END
$$;

-- From when on changes are not in the current release yet.
CREATE FUNCTION knowledge_changes_since() RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN (
        SELECT coalesce(r.settled_at, a.at) FROM knowledge_releaseactivation a
            LEFT JOIN knowledge_review r ON r.id = a.review_id ORDER BY a.id DESC LIMIT 1
    );
END
$$;

-- Everybody whom the history names, in whichever table of the knowledge.
CREATE FUNCTION knowledge_contributors(since timestamptz) RETURNS uuid[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    events regclass;
    found uuid[];
    everybody uuid[] := '{}';
BEGIN
    FOR events IN
        SELECT c.oid::regclass FROM pg_class c
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'pgh_context_id'
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
                AND starts_with(c.relname, 'knowledge_')
    LOOP
        EXECUTE format(
            'SELECT array_agg(DISTINCT (c.metadata->>''user'')::uuid) FROM %s e'
            ' JOIN pghistory_context c ON c.id = e.pgh_context_id'
            ' WHERE e.pgh_created_at >= coalesce($1, ''-infinity'') AND c.metadata->>''user'' <> ''''',
            events
        ) INTO found USING since;
        everybody := everybody || coalesce(found, '{}');
    END LOOP;
    RETURN ARRAY(SELECT DISTINCT unnest(everybody) ORDER BY 1);
END
$$;

CREATE FUNCTION knowledge_may_publish(publication text, hash text, review uuid, person uuid) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    allowed boolean := false;
BEGIN
    IF publication = 'installed' THEN
        allowed := person IS NULL AND review IS NULL;
    ELSIF publication = 'reviewed' THEN
        allowed := EXISTS (
            SELECT 1 FROM knowledge_review r JOIN clinics_user u ON u.id = person
            WHERE r.id = review AND r.status = 'approved' AND r.sha256 = hash
                AND r.base_id IS NOT DISTINCT FROM knowledge_current_release()
                AND u.is_active AND u.is_knowledge_reviewer AND u.id <> ALL (r.contributors)
        );
    ELSIF publication = 'single_clinic' THEN
        allowed := (SELECT count(*) FROM clinics_clinic) = 1
            AND EXISTS (SELECT 1 FROM knowledge_installation WHERE NOT review_required)
            AND EXISTS (
                SELECT 1 FROM knowledge_review r JOIN clinics_user u ON u.id = person
                WHERE r.id = review AND r.status IN ('open', 'approved') AND r.sha256 = hash
                    AND r.base_id IS NOT DISTINCT FROM knowledge_current_release()
                    AND u.is_active AND (u.is_knowledge_reviewer OR u.is_knowledge_editor)
            );
    END IF;
    IF NOT allowed THEN
        RAISE EXCEPTION 'not published: a second person has not approved these very bytes'
            USING ERRCODE = 'check_violation';
    END IF;
END
$$;
"""

DROP_FUNCTIONS = """
DROP FUNCTION knowledge_may_publish(text, text, uuid, uuid);
DROP FUNCTION knowledge_contributors(timestamptz);
DROP FUNCTION knowledge_changes_since();
DROP FUNCTION knowledge_settled_at();
DROP FUNCTION knowledge_current_release();
"""

ACTIVATE_WHAT_IS_THERE = """
INSERT INTO knowledge_releaseactivation (release_id, at, by_id, publication)
    SELECT id, published_at, published_by_id, 'installed' FROM knowledge_release ORDER BY number;
SET CONSTRAINTS ALL IMMEDIATE;  -- or the tables could not be given triggers in this transaction
"""


class Migration(migrations.Migration):
    dependencies = [
        ("knowledge", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Installation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("only", models.BooleanField(default=True, editable=False, unique=True)),
                ("review_required", models.BooleanField(default=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="ReleaseActivation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(editable=False, null=True)),
                (
                    "publication",
                    models.CharField(
                        choices=[
                            ("reviewed", "reviewed by a second person"),
                            (
                                "single_clinic",
                                "published without a second person, in an installation with one clinic",
                            ),
                            ("installed", "installed from the command line"),
                        ],
                        max_length=13,
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("document_bytes", models.BinaryField()),
                ("sha256", models.CharField(max_length=64)),
                ("cases", models.JSONField(default=list, help_text="The golden cases as they stood.")),
                (
                    "golden",
                    models.JSONField(default=list, help_text="How each golden case fares before and after."),
                ),
                (
                    "lost_cases",
                    models.JSONField(default=list, help_text="Codes of golden cases that lose their place."),
                ),
                ("note", models.TextField()),
                ("submitted_at", models.DateTimeField(editable=False, null=True)),
                ("settled_at", models.DateTimeField(editable=False, null=True)),
                ("changes_since", models.DateTimeField(editable=False, null=True)),
                (
                    "contributors",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), default=list, editable=False, size=None
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "waiting for a reviewer"),
                            ("returned", "returned"),
                            ("approved", "approved, not published yet"),
                            ("published", "published"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("reviewed_at", models.DateTimeField(null=True)),
                ("review_note", models.TextField(blank=True)),
                ("lost_cases_reason", models.TextField(blank=True)),
            ],
            options={
                "ordering": ("-submitted_at",),
            },
        ),
        migrations.CreateModel(
            name="SourceWithdrawal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.TextField()),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ("-at",),
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="release",
            name="release_is_immutable",
        ),
        migrations.AddField(
            model_name="release",
            name="publication",
            field=models.CharField(
                choices=[
                    ("reviewed", "reviewed by a second person"),
                    (
                        "single_clinic",
                        "published without a second person, in an installation with one clinic",
                    ),
                    ("installed", "installed from the command line"),
                ],
                default="installed",
                max_length=13,
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="status",
            field=models.CharField(
                choices=[
                    ("verified", "verified"),
                    ("unverified", "unverified"),
                    ("untraced", "untraced"),
                    ("withdrawn", "withdrawn"),
                ],
                default="verified",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="sourceevent",
            name="status",
            field=models.CharField(
                choices=[
                    ("verified", "verified"),
                    ("unverified", "unverified"),
                    ("untraced", "untraced"),
                    ("withdrawn", "withdrawn"),
                ],
                default="verified",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="installation",
            name="changed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="releaseactivation",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="releaseactivation",
            name="release",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="activations",
                to="knowledge.release",
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="base",
            field=models.ForeignKey(
                help_text="Current when submitted.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="knowledge.release",
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="reviewed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="submitted_by",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="releaseactivation",
            name="review",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="activations",
                to="knowledge.review",
            ),
        ),
        migrations.AddField(
            model_name="release",
            name="review",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="releases",
                to="knowledge.review",
            ),
        ),
        migrations.AddField(
            model_name="sourcewithdrawal",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="sourcewithdrawal",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="withdrawals", to="knowledge.source"
            ),
        ),
        migrations.AddConstraint(
            model_name="installation",
            constraint=models.CheckConstraint(
                condition=models.Q(("only", True)), name="knowledge_one_installation"
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.UniqueConstraint(
                models.Value(1),
                condition=models.Q(("status__in", ("open", "approved"))),
                name="knowledge_one_review_at_a_time",
                violation_error_message="Another review is waiting; that one first.",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "approved"), _negated=True),
                    ("reviewed_by__isnull", False),
                    _connector="OR",
                ),
                name="knowledge_review_approved_by",
                violation_error_message="An approval names who gave it.",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["approved", "published"]), _negated=True),
                    ("lost_cases", []),
                    ("lost_cases_reason__regex", "^\\s*\\S.{18,}\\S\\s*$"),
                    _connector="OR",
                ),
                name="knowledge_review_lost_cases",
                violation_error_message="Say why a golden case may lose its place, in 20 characters or more.",
            ),
        ),
        migrations.AddConstraint(
            model_name="sourcewithdrawal",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason__regex", "\\S")),
                name="knowledge_withdrawal_reason",
                violation_error_message="Say why.",
            ),
        ),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        migrations.RunSQL(ACTIVATE_WHAT_IS_THERE, migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name="release",
            trigger=pgtrigger.compiler.Trigger(
                name="release_is_immutable",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."document_bytes" IS DISTINCT FROM (NEW."document_bytes") OR OLD."sha256" IS DISTINCT FROM (NEW."sha256") OR OLD."published_at" IS DISTINCT FROM (NEW."published_at") OR OLD."published_by_id" IS DISTINCT FROM (NEW."published_by_id") OR OLD."review_id" IS DISTINCT FROM (NEW."review_id") OR OLD."publication" IS DISTINCT FROM (NEW."publication"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="43d6d7a019b9405609c2ff2b80aec1eb5b514de6",
                    operation="UPDATE",
                    pgid="pgtrigger_release_is_immutable_e17ae",
                    table="knowledge_release",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="release",
            trigger=pgtrigger.compiler.Trigger(
                name="release_by_right",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    PERFORM knowledge_may_publish(\n                        NEW.publication, NEW.sha256, NEW.review_id, NEW.published_by_id\n                    );\n                    RETURN NEW;\n                ",
                    hash="3e4b3ed8ca64e29d34bf2c44c7d5d5f3538fef0e",
                    operation="INSERT",
                    pgid="pgtrigger_release_by_right_05349",
                    table="knowledge_release",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="release",
            trigger=pgtrigger.compiler.Trigger(
                name="release_becomes_current",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    INSERT INTO knowledge_releaseactivation (release_id, by_id, review_id, publication)\n                        VALUES (NEW.id, NEW.published_by_id, NEW.review_id, NEW.publication);\n                    RETURN NULL;\n                ",
                    hash="4ad649da5811142a33645dcf6e581caaf66427c7",
                    operation="INSERT",
                    pgid="pgtrigger_release_becomes_current_ec245",
                    table="knowledge_release",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="installation",
            trigger=pgtrigger.compiler.Trigger(
                name="review_is_switched_off_by_right",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF NEW.review_required THEN RETURN NEW; END IF;\n                    IF (SELECT count(*) FROM clinics_clinic) <> 1 THEN\n                        RAISE EXCEPTION 'a second person reviews where there is more than one clinic'\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                    IF NOT EXISTS (\n                        SELECT 1 FROM clinics_user WHERE id = NEW.changed_by_id AND is_active\n                            AND (is_knowledge_reviewer OR is_superuser)\n                    ) THEN\n                        RAISE EXCEPTION 'only a knowledge reviewer switches the review off'\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="9adeac3783f115d9b399cfe63fc1bce531c8c405",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_review_is_switched_off_by_right_3334b",
                    table="knowledge_installation",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="review",
            trigger=pgtrigger.compiler.Trigger(
                name="review_is_kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="b09cacad6b28cba30584aca1d655bbe8d373a10f",
                    operation="DELETE",
                    pgid="pgtrigger_review_is_kept_bf96f",
                    table="knowledge_review",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="review",
            trigger=pgtrigger.compiler.Trigger(
                name="review_is_immutable",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."base_id" IS DISTINCT FROM (NEW."base_id") OR OLD."document_bytes" IS DISTINCT FROM (NEW."document_bytes") OR OLD."sha256" IS DISTINCT FROM (NEW."sha256") OR OLD."cases" IS DISTINCT FROM (NEW."cases") OR OLD."golden" IS DISTINCT FROM (NEW."golden") OR OLD."lost_cases" IS DISTINCT FROM (NEW."lost_cases") OR OLD."note" IS DISTINCT FROM (NEW."note") OR OLD."submitted_by_id" IS DISTINCT FROM (NEW."submitted_by_id") OR OLD."submitted_at" IS DISTINCT FROM (NEW."submitted_at") OR OLD."settled_at" IS DISTINCT FROM (NEW."settled_at") OR OLD."changes_since" IS DISTINCT FROM (NEW."changes_since") OR OLD."contributors" IS DISTINCT FROM (NEW."contributors"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="1d750c9f99736d054c1e47581004c09f2c82f563",
                    operation="UPDATE",
                    pgid="pgtrigger_review_is_immutable_5febb",
                    table="knowledge_review",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="review",
            trigger=pgtrigger.compiler.Trigger(
                name="review_begins",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF NEW.status <> 'open' OR NEW.reviewed_by_id IS NOT NULL THEN\n                        RAISE EXCEPTION 'a review begins open' USING ERRCODE = 'check_violation';\n                    END IF;\n                    IF NEW.sha256 <> encode(sha256(NEW.document_bytes), 'hex') THEN\n                        RAISE EXCEPTION 'the hash is not that of the document'\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                    NEW.base_id := knowledge_current_release();\n                    NEW.submitted_at := clock_timestamp();\n                    NEW.settled_at := knowledge_settled_at();\n                    NEW.changes_since := knowledge_changes_since();\n                    NEW.contributors := ARRAY(\n                        SELECT DISTINCT unnest(\n                            knowledge_contributors(NEW.changes_since) || NEW.submitted_by_id\n                        )\n                    );\n                    RETURN NEW;\n                ",
                    hash="bbce2c98ebc57781db1a55bd278b08076588b958",
                    operation="INSERT",
                    pgid="pgtrigger_review_begins_6da88",
                    table="knowledge_review",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="review",
            trigger=pgtrigger.compiler.Trigger(
                name="review_goes_its_way",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF NEW.status = OLD.status AND NEW IS NOT DISTINCT FROM OLD THEN RETURN NEW; END IF;\n                    IF NOT (\n                        (OLD.status = 'open' AND NEW.status <> 'open')\n                        OR (OLD.status = 'approved' AND NEW.status IN ('returned', 'withdrawn', 'published'))\n                    ) THEN\n                        RAISE EXCEPTION 'a review that is % does not become %', OLD.status, NEW.status\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                    IF NEW.status = 'published' AND NOT EXISTS (\n                        SELECT 1 FROM knowledge_releaseactivation a WHERE a.review_id = NEW.id\n                    ) THEN\n                        RAISE EXCEPTION 'nothing was published of this review'\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                    IF NEW.status IN ('withdrawn', 'published') THEN\n                        IF (NEW.reviewed_by_id, NEW.reviewed_at) IS DISTINCT FROM\n                            (OLD.reviewed_by_id, OLD.reviewed_at) THEN\n                            RAISE EXCEPTION 'who reviewed does not change' USING ERRCODE = 'check_violation';\n                        END IF;\n                        RETURN NEW;\n                    END IF;\n                    IF NOT EXISTS (\n                        SELECT 1 FROM clinics_user\n                        WHERE id = NEW.reviewed_by_id AND is_active AND is_knowledge_reviewer\n                    ) THEN\n                        RAISE EXCEPTION 'only a knowledge reviewer reviews' USING ERRCODE = 'check_violation';\n                    END IF;\n                    IF NEW.reviewed_by_id = ANY(\n                        NEW.contributors || knowledge_contributors(NEW.changes_since)\n                    ) THEN\n                        RAISE EXCEPTION 'who changed the knowledge does not review it'\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                    IF NEW.status = 'approved' AND NEW.base_id IS DISTINCT FROM knowledge_current_release()\n                    THEN\n                        RAISE EXCEPTION 'another release was published meanwhile'\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                    NEW.reviewed_at := clock_timestamp();\n                    RETURN NEW;\n                ",
                    hash="dfe9eca6989ef72fdc5440cc0405bcd79a4356e8",
                    operation="UPDATE",
                    pgid="pgtrigger_review_goes_its_way_ee526",
                    table="knowledge_review",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="releaseactivation",
            trigger=pgtrigger.compiler.Trigger(
                name="activation_is_kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="ebde63eb22a09b910ed6a2492993e335dcb673e3",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_activation_is_kept_1a687",
                    table="knowledge_releaseactivation",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="releaseactivation",
            trigger=pgtrigger.compiler.Trigger(
                name="activation_by_right",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    PERFORM knowledge_may_publish(\n                        NEW.publication,\n                        (SELECT sha256 FROM knowledge_release WHERE id = NEW.release_id),\n                        NEW.review_id,\n                        NEW.by_id\n                    );\n                    NEW.at := knowledge_settled_at();\n                    RETURN NEW;\n                ",
                    hash="ebef875b20ed0528f09648ef9f92428f2fd4c26f",
                    operation="INSERT",
                    pgid="pgtrigger_activation_by_right_12068",
                    table="knowledge_releaseactivation",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sourcewithdrawal",
            trigger=pgtrigger.compiler.Trigger(
                name="withdrawal_is_kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="b5ad88b70613f14fc607c879288d2aa506de4f7c",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_withdrawal_is_kept_377c3",
                    table="knowledge_sourcewithdrawal",
                    when="BEFORE",
                ),
            ),
        ),
    ]
