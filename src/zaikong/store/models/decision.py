"""Which decisions were taken, in an order and wording nobody can change afterwards?"""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from zaikong.store.models.guards import APPEND_ONLY


class DecisionRecord(models.Model):
    """One decision 决策日志: its canonical text, and the hash that chains it to the one before. Append-only."""

    seq = models.BigIntegerField(_("number"), primary_key=True)
    at = models.DateTimeField(_("decided at"))
    kind = models.CharField(_("kind"), max_length=40)
    subject = models.CharField(_("subject"), max_length=60, db_index=True)
    actor = models.CharField(_("decided by"), max_length=150)
    record = models.TextField(_("record"), help_text=_("canonical JSON, the text that is hashed"))
    previous_hash = models.CharField(_("hash before"), max_length=64)
    hash = models.CharField(_("hash"), max_length=64, unique=True)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["seq"]
        triggers = [
            APPEND_ONLY,
            pgtrigger.Trigger(
                name="chained",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("before", "text")],
                func="""
                    IF NEW.hash <> encode(sha256(convert_to(NEW.record, 'UTF8')), 'hex') THEN
                        RAISE EXCEPTION 'decision % does not carry the hash of its record', NEW.seq
                            USING ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    IF NEW.seq = 1 THEN
                        before := repeat('0', 64);
                    ELSE
                        SELECT hash INTO before FROM zaikong_decisionrecord WHERE seq = NEW.seq - 1;
                    END IF;
                    IF before IS NULL OR before <> NEW.previous_hash THEN
                        RAISE EXCEPTION 'decision % is not chained to the one before', NEW.seq
                            USING ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind} {self.subject}"
