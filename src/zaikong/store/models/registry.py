"""Who is supplied, where, and on what terms: customer, premise, supply point and account are kept apart.

A customer may hold many accounts; a premise outlives its customers; a debt stays with the account of the debtor.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zaikong.store.models.people import Staff, Station


class Category(models.TextChoices):
    """User category 用户类别."""

    RESIDENTIAL = "residential", _("residential")
    AGRICULTURAL = "agricultural", _("agricultural")
    BUSINESS = "business", _("business")
    INDUSTRIAL = "industrial", _("industrial")
    PUBLIC = "public", _("public")


class PaymentMode(models.TextChoices):
    """How an account pays 缴费方式."""

    POST_PAID = "post_paid", _("post-paid")
    PREPAID = "prepaid", pgettext_lazy("payment mode", "prepaid")


class ImportantGrade(models.TextChoices):
    """Important user grade 重要用户等级 (电监安全〔2008〕43号)."""

    NONE = "none", _("none")
    SPECIAL = "special", _("special")
    FIRST = "first", _("first")
    SECOND = "second", _("second")
    TEMPORARY = "temporary", _("temporary")


class Customer(models.Model):
    """A person or organisation that owes (CIM Customer)."""

    name = models.CharField(_("name"), max_length=200, db_index=True)
    usci = models.CharField(_("unified social credit identifier"), max_length=18, blank=True, db_index=True)
    id_no = models.CharField(_("identity number"), max_length=18, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True, db_index=True)
    industry = models.CharField(_("industry"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")

    def __str__(self) -> str:
        return self.name


class Premise(models.Model):
    """A place that can be supplied (CIM ServiceLocation)."""

    address = models.CharField(_("address"), max_length=300)
    station = models.ForeignKey(Station, models.PROTECT, verbose_name=_("station"))
    route = models.CharField(_("meter reading route"), max_length=40, db_index=True)

    class Meta:
        verbose_name = _("premise")
        verbose_name_plural = _("premises")

    def __str__(self) -> str:
        return self.address


class SupplyPoint(models.Model):
    """Where the network meets a premise (CIM UsagePoint)."""

    premise = models.ForeignKey(Premise, models.PROTECT, verbose_name=_("premise"))
    voltage = models.CharField(_("voltage level"), max_length=20, blank=True)
    capacity_centi_kva = models.BigIntegerField(_("contract capacity"), default=0, help_text=_("0.01 kVA"))
    loss_model = models.CharField(_("transformer for loss"), max_length=20, blank=True)
    energised_date = models.DateField(_("energised on"), null=True, blank=True)

    class Meta:
        verbose_name = _("supply point")
        verbose_name_plural = _("supply points")

    def __str__(self) -> str:
        return f"{self.premise} {self.voltage}"


class Account(models.Model):
    """A customer's contract for one supply point 户 (CIM CustomerAgreement)."""

    account_no = models.CharField(_("account number"), max_length=20, unique=True)
    customer = models.ForeignKey(Customer, models.PROTECT, verbose_name=_("customer"))
    supply_point = models.ForeignKey(SupplyPoint, models.PROTECT, verbose_name=_("supply point"))
    category = models.CharField(_("category"), max_length=12, choices=Category)
    book = models.CharField(_("tariff book"), max_length=60)
    plan = models.CharField(_("tariff plan"), max_length=40)
    payment_mode = models.CharField(_("payment mode"), max_length=10, choices=PaymentMode)
    important_grade = models.CharField(_("important user"), max_length=10, choices=ImportantGrade, default="none")
    contract_date = models.DateField(_("contract signed on"))
    closed_date = models.DateField(_("closed on"), null=True, blank=True)
    collector = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("collector"))
    household_size = models.PositiveSmallIntegerField(_("household size"), default=0)
    low_income = models.BooleanField(_("low income"), default=False)
    power_factor_standard = models.PositiveSmallIntegerField(
        _("power factor standard"), default=0, help_text=_("hundredths; 0: none")
    )
    contract_demand_centi_kw = models.BigIntegerField(_("contract demand"), default=0, help_text=_("0.01 kW"))
    settlements_a_month = models.PositiveSmallIntegerField(_("settlements a month"), default=1)
    late_fee_ppm = models.PositiveIntegerField(
        _("contract late-fee rate"), default=0, help_text=_("millionths a day; 0: the statutory rate")
    )
    bankruptcy_accepted_date = models.DateField(_("bankruptcy accepted on"), null=True, blank=True)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["account_no"]
        constraints = [
            models.CheckConstraint(
                name="account_late_fee_in_band", condition=Q(late_fee_ppm=0) | Q(late_fee_ppm__range=(1000, 3000))
            ),
            models.CheckConstraint(name="account_settlements", condition=Q(settlements_a_month__range=(1, 4))),
        ]

    def __str__(self) -> str:
        return f"{self.account_no} {self.customer}"


class ConnectionApplication(models.Model):
    """An application for supply 业扩报装: survey, design, contract, meter, energised."""

    class State(models.TextChoices):
        """Stage of the work."""

        ACCEPTED = "accepted", _("accepted")
        SURVEYED = "surveyed", _("surveyed")
        DESIGNED = "designed", _("designed")
        CONTRACTED = "contracted", _("contracted")
        METERED = "metered", _("metered")
        ENERGISED = "energised", _("energised")
        WITHDRAWN = "withdrawn", _("withdrawn")

    application_no = models.CharField(_("application number"), max_length=30, unique=True)
    customer = models.ForeignKey(Customer, models.PROTECT, verbose_name=_("customer"))
    premise = models.ForeignKey(Premise, models.PROTECT, verbose_name=_("premise"))
    category = models.CharField(_("category"), max_length=12, choices=Category)
    capacity_centi_kva = models.BigIntegerField(_("capacity asked for"), help_text=_("0.01 kVA"))
    state = models.CharField(_("stage"), max_length=12, choices=State, default=State.ACCEPTED)
    accepted_date = models.DateField(_("accepted on"))
    account = models.OneToOneField(Account, models.PROTECT, null=True, blank=True, verbose_name=_("account"))

    class Meta:
        verbose_name = _("connection application")
        verbose_name_plural = _("connection applications")

    def __str__(self) -> str:
        return self.application_no


class ApplicationDocument(models.Model):
    """A paper handed in with an application."""

    application = models.ForeignKey(ConnectionApplication, models.CASCADE, verbose_name=_("application"))
    kind = models.CharField(_("paper"), max_length=40)
    number = models.CharField(_("document number"), max_length=60, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    received_date = models.DateField(_("received on"))
    findings = models.JSONField(_("findings"), default=list, blank=True)

    class Meta:
        verbose_name = _("application document")
        verbose_name_plural = _("application documents")

    def __str__(self) -> str:
        return f"{self.application} {self.kind}"
