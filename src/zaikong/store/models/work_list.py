"""Who does what this morning, why, and what did a person change?"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from zaikong.store.models.collection import CollectionCase
from zaikong.store.models.guards import APPEND_ONLY, NO_DELETE, begins, moves
from zaikong.store.models.people import Staff, Station


class StaffCapacity(models.Model):
    """What a collector can do in a day."""

    staff = models.OneToOneField(Staff, models.PROTECT, primary_key=True, verbose_name=_("staff"))
    minutes_a_day = models.PositiveSmallIntegerField(_("minutes a day"))
    wage_fen_an_hour = models.PositiveIntegerField(_("wage an hour"), help_text=_("fen"))
    skills = models.JSONField(_("skills"), default=list)
    absent_from_date = models.DateField(_("absent from"), null=True, blank=True)
    absent_to_date = models.DateField(_("absent until"), null=True, blank=True)

    class Meta:
        verbose_name = _("capacity of a collector")
        verbose_name_plural = _("capacities of collectors")
        constraints = [models.CheckConstraint(name="capacity_of_a_day", condition=Q(minutes_a_day__lte=720))]

    def __str__(self) -> str:
        return f"{self.staff_id}"


class WorkPlanRun(models.Model):
    """One plan of one day: what it promises, how far it may be from the best, how long it took."""

    business_date = models.DateField(_("business date"))
    station = models.ForeignKey(Station, models.PROTECT, null=True, blank=True, verbose_name=_("station"))
    planned_at = models.DateTimeField(_("planned at"))
    standing = models.BooleanField(_("stands"), default=True)
    cases = models.IntegerField(_("cases looked at"))
    value_fen = models.BigIntegerField(_("expected additional recovery less cost"))
    bound_fen = models.BigIntegerField(_("no plan can promise more than"))
    gap_ppm = models.BigIntegerField(_("gap"), help_text="ppm")
    milliseconds = models.IntegerField(_("time taken"))
    figures = models.JSONField(_("figures"), default=dict)

    class Meta:
        verbose_name = _("work plan")
        verbose_name_plural = _("work plans")
        constraints = [
            models.UniqueConstraint(
                fields=["business_date", "station"],
                name="work_plan_one_stands",
                condition=Q(standing=True),
                nulls_distinct=False,
            ),
            models.CheckConstraint(name="work_plan_below_bound", condition=Q(value_fen__lte=F("bound_fen"))),
        ]
        triggers = [NO_DELETE]

    def __str__(self) -> str:
        return f"{self.business_date}"


class WorkListRow(models.Model):
    """One action of one collector on one case 催费任务, and why."""

    class State(models.TextChoices):
        """Where it stands."""

        LISTED = "listed", _("to do")
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped")

    run = models.ForeignKey(WorkPlanRun, models.PROTECT, verbose_name=_("work plan"))
    staff = models.ForeignKey(Staff, models.PROTECT, verbose_name=_("collector"))
    case = models.ForeignKey(CollectionCase, models.PROTECT, verbose_name=_("case"))
    action = models.CharField(_("action"), max_length=20)
    rank = models.PositiveIntegerField(_("rank"))
    route = models.CharField(_("route"), max_length=40, blank=True)
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    cost_fen = models.BigIntegerField(_("cost"))
    probability_before_ppm = models.IntegerField(_("probability of payment without"), help_text="ppm")
    probability_after_ppm = models.IntegerField(_("probability of payment with"), help_text="ppm")
    exposure_fen = models.BigIntegerField(_("exposure"))
    expected_fen = models.BigIntegerField(_("expected additional recovery"))
    why = models.JSONField(_("why this one, why today"), default=dict)
    by_hand = models.BooleanField(_("put in by hand"), default=False)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.LISTED)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)

    class Meta:
        verbose_name = _("row of a work list")
        verbose_name_plural = _("rows of work lists")
        constraints = [models.UniqueConstraint(fields=["run", "case", "action"], name="work_row_once")]
        indexes = [models.Index(fields=["staff", "run", "rank"], name="work_row_by_staff")]
        triggers = [
            NO_DELETE,
            begins("listed"),
            moves(("listed", "done"), ("listed", "dropped"), ("dropped", "listed")),
        ]

    def __str__(self) -> str:
        return f"{self.staff_id} {self.rank} {self.action}"


class WorkListChange(models.Model):
    """What a person changed in a day's plan; kept when the day is planned again. Append-only."""

    class Kind(models.TextChoices):
        """What was changed."""

        PIN = "pin", _("put on a list")
        EXCLUDE = "exclude", _("taken off")
        RELEASE = "release", _("left to the plan again")

    business_date = models.DateField(_("business date"))
    case = models.ForeignKey(CollectionCase, models.PROTECT, verbose_name=_("case"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    staff = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("collector")
    )
    action = models.CharField(_("action"), max_length=20, blank=True)
    reason = models.CharField(_("reason"), max_length=200)
    changed_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("changed by"))
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("change of a work list")
        verbose_name_plural = _("changes of work lists")
        constraints = [
            models.CheckConstraint(
                name="work_pin_names_who_and_what", condition=~Q(kind="pin") | (Q(staff__isnull=False) & ~Q(action=""))
            ),
            models.CheckConstraint(name="work_change_reasoned", condition=~Q(reason="")),
        ]
        indexes = [models.Index(fields=["business_date", "case"], name="work_change_by_day")]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.business_date} {self.case_id} {self.kind}"
