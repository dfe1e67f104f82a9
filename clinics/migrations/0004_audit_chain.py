"""One chain of events per clinic: numbered, dated and linked by the database, closed to every change."""

from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION clinics_audit_link(event clinics_auditevent, previous bytea) RETURNS bytea
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT sha256(previous || convert_to(array_to_json(ARRAY[
        event.seq::text, event.id::text, event.clinic_id::text, event.user_id::text, event.action,
        event.object_type, event.object_id, event.patient_id::text,
        to_char(event.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), event.detail::text
    ])::text, 'UTF8'))
$$;

-- As its owner: what the role of the session may see must not decide what the previous link is.
CREATE FUNCTION clinics_audit_append() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    last_seq bigint;
    last_hash bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('audit chain ' || coalesce(NEW.clinic_id::text, ''), 0));
    IF NEW.clinic_id IS NULL THEN
        SELECT seq, hash INTO last_seq, last_hash FROM clinics_auditevent
            WHERE clinic_id IS NULL ORDER BY seq DESC LIMIT 1;
    ELSE
        SELECT seq, hash INTO last_seq, last_hash FROM clinics_auditevent
            WHERE clinic_id = NEW.clinic_id ORDER BY seq DESC LIMIT 1;
    END IF;
    NEW.seq := coalesce(last_seq, 0) + 1;
    NEW.at := clock_timestamp();
    NEW.hash := clinics_audit_link(NEW, coalesce(last_hash, decode(repeat('00', 32), 'hex')));
    RETURN NEW;
END
$$;

CREATE FUNCTION clinics_audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what is on record stays: % of clinics_auditevent is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;
"""

LINK_WHAT_IS_THERE = """
DO $$
DECLARE
    event clinics_auditevent;
    chain uuid;
    number bigint := 0;
    previous bytea;
BEGIN
    FOR event IN SELECT * FROM clinics_auditevent ORDER BY clinic_id NULLS FIRST, at, id LOOP
        IF number = 0 OR event.clinic_id IS DISTINCT FROM chain THEN
            number := 0;
            chain := event.clinic_id;
            previous := decode(repeat('00', 32), 'hex');
        END IF;
        number := number + 1;
        event.seq := number;
        previous := clinics_audit_link(event, previous);
        UPDATE clinics_auditevent SET seq = number, hash = previous WHERE id = event.id;
    END LOOP;
END
$$;
"""

TRIGGERS = """
CREATE TRIGGER clinics_audit_append BEFORE INSERT ON clinics_auditevent
    FOR EACH ROW EXECUTE FUNCTION clinics_audit_append();
CREATE TRIGGER clinics_audit_no_change BEFORE UPDATE OR DELETE ON clinics_auditevent
    FOR EACH ROW EXECUTE FUNCTION clinics_audit_stays();
CREATE TRIGGER clinics_audit_no_truncate BEFORE TRUNCATE ON clinics_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION clinics_audit_stays();
"""

DROP_TRIGGERS = """
DROP TRIGGER clinics_audit_no_truncate ON clinics_auditevent;
DROP TRIGGER clinics_audit_no_change ON clinics_auditevent;
DROP TRIGGER clinics_audit_append ON clinics_auditevent;
"""

DROP_FUNCTIONS = """
DROP FUNCTION clinics_audit_stays();
DROP FUNCTION clinics_audit_append();
DROP FUNCTION clinics_audit_link(clinics_auditevent, bytea);
"""


class Migration(migrations.Migration):
    dependencies = [("clinics", "0003_members_and_invitations")]

    operations = [
        migrations.AddField(
            model_name="auditevent",
            name="patient_id",
            field=models.UUIDField(
                blank=True, help_text="Whose record it was.", null=True, verbose_name="patient"
            ),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="seq",
            field=models.BigIntegerField(editable=False, null=True, verbose_name="number"),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="hash",
            field=models.BinaryField(editable=False, max_length=32, null=True),
        ),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        migrations.RunSQL(LINK_WHAT_IS_THERE, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="auditevent",
            name="seq",
            field=models.BigIntegerField(editable=False, verbose_name="number"),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="hash",
            field=models.BinaryField(editable=False, max_length=32),
        ),
        migrations.AddConstraint(
            model_name="auditevent",
            constraint=models.UniqueConstraint(
                fields=("clinic", "seq"), name="clinics_audit_chain", nulls_distinct=False
            ),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["clinic", "patient_id", "-at"], name="clinics_audit_patient_at"),
        ),
        migrations.RunSQL(TRIGGERS, DROP_TRIGGERS),
    ]
