"""Who works on the sample county's arrears: collectors on their routes, a manager, a director, a technician?

The collectors came with the customer file, one a route; here they take up work. One more has the log-in of the
demonstration and one of the routes, so that who signs in as a collector finds a day's work. Nobody can sign in before
the console sets the passwords of the demonstration.
"""

from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db import transaction

from zaikong.application.roles import Role, ensure_roles
from zaikong.sim.county import County
from zaikong.store.models import Account, Staff, StaffCapacity, Station

_OFFICE = {
    "manager": (Role.MANAGER, "陈营销"),
    "director": (Role.DIRECTOR, "沈分管"),
    "metering": (Role.METERING_TECHNICIAN, "冯计量"),
    "metering2": (Role.METERING_TECHNICIAN, "韩计量"),
}
_COLLECTOR, _COLLECTOR_NAME = "collector", "王催收"
_MINUTES = (420, 390, 360)
_WAGE_FEN = 4_500
_SKILLS = (("certified",), ("certified", "high_voltage"), ("certified", "legal"))


@dataclass(frozen=True, slots=True)
class DemoTeam:
    """Those who act.

    Attributes:
        manager: Approves.
        director: Approves as the second.
        technician: Carries cuts out.
        second: Goes along, because two people work at a meter.
        collectors: By key.
    """

    manager: Staff
    director: Staff
    technician: Staff
    second: Staff
    collectors: dict[int, Staff]

    def of(self, collector: int | None) -> Staff:
        """The collector of an account; the manager where it has none who works."""
        return self.collectors.get(collector or 0, self.manager)

    def keys(self) -> list[int]:
        """The key of everybody."""
        return [self.manager.pk, self.director.pk, self.technician.pk, self.second.pk, *self.collectors]


def demo_team(county: County) -> DemoTeam:
    """The team, taking up work when it is asked for first."""
    numbers = county.collectors["collector"].unique().to_list()
    if not StaffCapacity.objects.exists():
        _take_up(numbers)
    office = {person.username: person for person in Staff.objects.filter(username__in=_OFFICE)}
    field = Staff.objects.filter(is_active=True, groups__name=Role.COLLECTOR.value, station__isnull=False)
    mine = field.filter(employee_no__in=numbers) | field.filter(username=_COLLECTOR)
    return DemoTeam(
        manager=office["manager"],
        director=office["director"],
        technician=office["metering"],
        second=office["metering2"],
        collectors={person.pk: person for person in mine.distinct().order_by("pk")},
    )


@transaction.atomic
def _take_up(numbers: list[str]) -> None:
    ensure_roles()
    for username, (role, name) in _OFFICE.items():
        _works(Staff.objects.get_or_create(username=username)[0], role, name, None)
    known = list(Staff.objects.filter(employee_no__in=numbers).order_by("employee_no"))
    people = [_works(person, Role.COLLECTOR, person.first_name, person.station) for person in known]
    first = Station.objects.order_by("code").first()
    if first is not None:
        login = _works(Staff.objects.get_or_create(username=_COLLECTOR)[0], Role.COLLECTOR, _COLLECTOR_NAME, first)
        routed = next((person for person in people if person.station_id == first.pk), None)
        if routed is not None:
            Account.objects.filter(collector=routed).update(collector=login)
        people.append(login)
    for place, person in enumerate(people):
        StaffCapacity.objects.create(
            staff=person,
            minutes_a_day=_MINUTES[place % len(_MINUTES)],
            wage_fen_an_hour=_WAGE_FEN,
            skills=list(_SKILLS[place % len(_SKILLS)]),
        )


def _works(person: Staff, role: Role, name: str, station: Station | None) -> Staff:
    if not person.password:
        person.set_unusable_password()
    person.first_name, person.last_name, person.station = name, "", station
    person.is_staff = person.is_active = True
    person.save()
    person.groups.set([Group.objects.get(name=role.value)])
    return person
