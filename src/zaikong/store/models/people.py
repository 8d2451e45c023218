"""Who works here: stations and staff. Roles are Django groups; see `application.roles`."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Station(models.Model):
    """A power-supply station 供电所 of the county."""

    code = models.CharField(_("station code"), max_length=20, unique=True)
    name = models.CharField(_("station name"), max_length=80)

    class Meta:
        verbose_name = _("station")
        verbose_name_plural = _("stations")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Staff(AbstractUser):
    """A member of staff; sees the accounts of one station, or of the county when `station` is empty."""

    station = models.ForeignKey(Station, models.PROTECT, null=True, blank=True, verbose_name=_("station"))
    employee_no = models.CharField(_("employee number"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("staff")
        verbose_name_plural = _("staff")

    def __str__(self) -> str:
        return self.get_full_name() or self.username
