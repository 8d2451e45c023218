"""In which order do the steps of a night run, and where does a broken one go on?"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from django.db import transaction

from zaikong.application.night import steps
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Night, NightStep

STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    "readings": steps.readings,
    "switches": steps.switches,
    "payments": steps.payments,
    "bills": steps.bills,
    "prepaid": steps.prepaid,
    "proof": steps.proof,
    "exposure": steps.exposure,
    "scores": steps.scores,
    "grades": steps.grades,
    "balances": steps.balances,
    "cases": steps.cases,
    "ladder": steps.ladder,
    "breaches": steps.breaches,
    "day_book": steps.day_book,
    "month_close": steps.month_close,
    "snapshot": steps.snapshot,
}
"""Step name to what it does, in order."""

_LOCK = 20240602


class UnableToRunNightError(Refusal):
    """The night cannot run: out of order, already running, or an unknown step."""


@dataclass(frozen=True, slots=True)
class StepReport:
    """What one step did.

    Attributes:
        name: Step.
        skipped: It was done before.
        seconds: Time it took now [s].
        manifest: Inputs, row counts, control totals, seconds.
    """

    name: str
    skipped: bool
    seconds: float
    manifest: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NightReport:
    """What a night did.

    Attributes:
        business_date: The date.
        steps: One report a step, in order.
    """

    business_date: date
    steps: list[StepReport] = field(default_factory=list)


def run_night(
    *,
    business_date: date,
    inbox: Path | None = None,
    from_step: str | None = None,
    on_step: Callable[[str], None] = lambda _: None,
) -> NightReport:
    """Carry the county through one business date.

    Args:
        business_date: The date to close.
        inbox: Folder with the day's files (`readings.*`, `payments.*`); without it the steps take what is loaded.
        from_step: Run this step and the later ones even if they are marked done.
        on_step: Called with each step's name before it runs.

    Returns:
        A report a step.

    Raises:
        UnableToRunNightError: An earlier night is not closed, a later one is, another process runs a night now, or
            `from_step` is no step.
    """
    report = NightReport(business_date)
    closed = Night.objects.filter(business_date=business_date, closed=True).first()
    if closed is not None and from_step is None:
        return _done_before(closed, report)
    _check_order(business_date, from_step)
    with _one_at_a_time():
        night, _ = Night.objects.get_or_create(business_date=business_date)
        again = False
        for name, step in STEPS.items():
            again = again or name == from_step
            on_step(name)
            report.steps.append(_run_step(night, name, step, inbox=inbox, again=again))
        Night.objects.filter(pk=night.pk).update(closed=True)
    return report


def _run_step(
    night: Night, name: str, step: Callable[..., dict[str, Any]], *, inbox: Path | None, again: bool
) -> StepReport:
    record = NightStep.objects.filter(night=night, name=name, done=True).first()
    if record and not again:
        return StepReport(name, skipped=True, seconds=0.0, manifest=record.manifest)
    started = perf_counter()
    with transaction.atomic():
        manifest = step(business_date=night.business_date, inbox=inbox)
        seconds = perf_counter() - started
        manifest = {**manifest, "seconds": round(seconds, 4)}
        NightStep.objects.update_or_create(night=night, name=name, defaults={"done": True, "manifest": manifest})
    return StepReport(name, skipped=False, seconds=seconds, manifest=manifest)


def _done_before(night: Night, report: NightReport) -> NightReport:
    done = {step.name: step.manifest for step in NightStep.objects.filter(night=night, done=True)}
    report.steps.extend(StepReport(name, skipped=True, seconds=0.0, manifest=done.get(name, {})) for name in STEPS)
    return report


def _check_order(business_date: date, from_step: str | None) -> None:
    if from_step is not None and from_step not in STEPS:
        raise UnableToRunNightError(
            f"{from_step!r} is no step of the night",
            code="STEP_UNKNOWN",
            fields={"from_step": from_step},
            remedy=f"Steps are {', '.join(STEPS)}.",
        )
    later = Night.objects.filter(business_date__gt=business_date).order_by("business_date").first()
    if later:
        raise UnableToRunNightError(
            f"the night of {later.business_date} has already begun",
            code="NIGHT_PAST",
            fields={"business_date": business_date},
            remedy="Correct the past by a reversal booked today.",
        )
    last = Night.objects.filter(business_date__lt=business_date).order_by("-business_date").first()
    if last and not last.closed:
        raise UnableToRunNightError(
            f"the night of {last.business_date} is not closed",
            code="NIGHT_OPEN",
            fields={"business_date": last.business_date},
            remedy=f"Run `zaikong night --date {last.business_date}` first.",
        )
    if last and last.business_date != business_date - timedelta(days=1):
        raise UnableToRunNightError(
            f"the last closed night is {last.business_date}",
            code="NIGHT_SKIPPED",
            fields={"business_date": business_date},
            remedy=f"Run `zaikong night --date {last.business_date + timedelta(days=1)}` first.",
        )


class _one_at_a_time:  # noqa: N801 -- a context manager read as words
    """A session lock, so that two processes never run a night at once; it goes with its connection."""

    def __enter__(self) -> None:
        from django.db import connection  # noqa: PLC0415 -- the connection of this thread

        self._connection = connection
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
            if not cursor.fetchone()[0]:
                raise UnableToRunNightError(
                    "another process is running a night", code="NIGHT_RUNNING", remedy="Wait until it has finished."
                )

    def __exit__(self, *_: object) -> None:
        if self._connection.connection is not None and not self._connection.connection.closed:
            with self._connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
