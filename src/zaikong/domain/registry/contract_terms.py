"""What do supplier and customer agree in a supply contract 供用电合同?

The terms are values, not text: the same object is checked against the law (`clause_check`), printed as a contract, and
read by billing, collection and fee control. Nothing is filled in silently: what a contract does not say is `None`, and the
check names it.

Basis: 《电力供应与使用条例》 article 33 (what a supply contract must hold); 《河南省供用电条例》 article 41 (prepayment by agreement).
"""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zaikong.domain.registry.application import CATEGORIES

Category = Literal["residential", "agricultural", "business", "industrial", "public"]
Charging = Literal["post_paid", "split_settlement", "prepayment"]
PaymentMethod = Literal["counter", "bank_transfer", "auto_debit", "online", "prepaid_topup"]
PriceBasis = Literal["approved", "market", "self_made"]
ChargeKind = Literal["electricity", "late_fee", "reconnection_fee", "dunning_fee", "cash_deposit", "other_fee"]
GuaranteeKind = Literal["bank", "third_party", "pledge", "mortgage", "insurance"]
Suretyship = Literal["general", "joint_and_several"]

RESIDENTIAL: Final = "residential"
_Text = Annotated[str, Field(max_length=400)]
_Day = Annotated[int, Field(ge=1, le=31)]
_Fen = Annotated[int, Field(ge=0, le=10**12)]


class _Clause(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Party(_Clause):
    """One side of the contract.

    Attributes:
        name: As in the register or on the identity card.
        address: Where documents are delivered.
        phone: Where calls and messages arrive.
        identifier: Identity number or unified social credit identifier, as it is to be printed.
        representative: Who signs for it.
    """

    name: _Text = ""
    address: _Text = ""
    phone: _Text = ""
    identifier: _Text = ""
    representative: _Text = ""


class Supply(_Clause):
    """What is supplied, to where, and who keeps which line up.

    Attributes:
        address: Where electricity is used.
        use: What for 用电性质.
        mode: How it is supplied 供电方式.
        voltage: Voltage at the point of supply.
        capacity_centi_kva: Capacity agreed [0.01 kVA].
        metering: How it is metered 计量方式.
        boundary: Where property and upkeep of one side end 产权分界点.
        quality: Quality and times of supply.
    """

    address: _Text = ""
    use: _Text = ""
    mode: _Text = ""
    voltage: _Text = ""
    capacity_centi_kva: Annotated[int, Field(ge=0, le=10**11)] = 0
    metering: _Text = ""
    boundary: _Text = ""
    quality: _Text = ""


class Price(_Clause):
    """Which price applies, and who may change it.

    Attributes:
        basis: Approved by the government, formed in the market, or made by the supplier.
        book: Tariff book and plan, as printed.
        supplier_may_change: Whether the supplier alone may change it.
    """

    basis: PriceBasis = "approved"
    book: _Text = ""
    supplier_may_change: bool = False


class Payment(_Clause):
    """When and how is paid.

    Attributes:
        due_day_of_month: Day of the month a bill is due, or None.
        due_days_after_bill: Days after the bill was issued, or None [day].
        methods: Ways to pay.
        settlements_a_month: Settlements in a month, 1 to 4.
    """

    due_day_of_month: _Day | None = None
    due_days_after_bill: Annotated[int, Field(ge=1, le=90)] | None = None
    methods: tuple[PaymentMethod, ...] = ()
    settlements_a_month: Annotated[int, Field(ge=1, le=4)] = 1


class LateFeeClause(_Clause):
    """Late fee agreed.

    Attributes:
        daily_ppm: Rate a day on unpaid principal [ppm], None for the statutory rate.
        bears_on_late_fee: Whether a late fee is charged on a late fee.
        starts_after_due: Whether the first day charged is the day after the due day.
    """

    daily_ppm: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    bears_on_late_fee: bool = False
    starts_after_due: bool = True


class Charge(_Clause):
    """A sum the contract lets the supplier collect beside electricity."""

    kind: ChargeKind
    name: Annotated[str, Field(min_length=1, max_length=100)]
    amount_fen: _Fen = 0


class CutClause(_Clause):
    """When and how supply is stopped for arrears.

    Attributes:
        demands_first: Whether a demand and a reasonable period come first.
        after_overdue_days: Stopped only when overdue for more than this [day], None when not agreed.
        notice_days: A notice is delivered this many days before [day], None when not agreed.
        final_notice_minutes: Notified again this many minutes before [min], None when not agreed.
        cuts_without_notice: Whether any clause lets the supplier cut without prior notice.
        person_decides: Whether a person decides each cut.
        safety_load_agreed: Whether safety load and the customer's own generation are agreed.
        authority_copied: Whether the power authority is told beforehand (important users).
    """

    demands_first: bool = True
    after_overdue_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    notice_days: Annotated[int, Field(ge=0, le=365)] | None = None
    final_notice_minutes: Annotated[int, Field(ge=0, le=10_080)] | None = None
    cuts_without_notice: bool = False
    person_decides: bool = True
    safety_load_agreed: bool = False
    authority_copied: bool = False


class RestoreClause(_Clause):
    """When supply comes back.

    Attributes:
        within_hours: After the cause has ended [h], None when not agreed.
        security_restores: Whether security given restores supply as payment does.
    """

    within_hours: Annotated[int, Field(ge=0, le=8_760)] | None = None
    security_restores: bool = False


class PrepaymentClause(_Clause):
    """Agreement to prepay 预购电协议.

    Attributes:
        prominent: Whether the clause is set off (bold, boxed) and was pointed out and explained to the customer.
        consent_recorded: Whether the customer's consent is on record.
        balance_formula: How the available balance is computed, as printed.
        warn_below_fen: Balance that warns [fen], None when not agreed.
        cut_below_fen: Balance below which supply may be stopped [fen], None when not agreed.
        overdraft_fen: What may be used beyond the balance [fen].
        warning_phone: Where warnings are sent.
        safe_restore: Whether the customer confirms safety before supply returns.
        old_debt_permille: Share of each top-up that recovers old debt [‰].
        refund_agreed: Whether the rest is returned when the contract ends.
    """

    prominent: bool = False
    consent_recorded: bool = False
    balance_formula: _Text = ""
    warn_below_fen: Annotated[int, Field(ge=-(10**12), le=10**12)] | None = None
    cut_below_fen: Annotated[int, Field(ge=-(10**12), le=10**12)] | None = None
    overdraft_fen: _Fen = 0
    warning_phone: _Text = ""
    safe_restore: bool = False
    old_debt_permille: Annotated[int, Field(ge=0, le=1000)] = 0
    refund_agreed: bool = True


class GuaranteeClause(_Clause):
    """Security agreed for the bills.

    Attributes:
        kind: Bank guarantee, a third party's maximum-amount guarantee, pledge, mortgage or insurance.
        guarantor: Who stands for it.
        guarantor_is_state_organ: Whether it is an organ of the state.
        maximum_fen: Most it covers [fen], None when not agreed.
        suretyship: General, or joint and several; None when not agreed, which means general.
        period_months: Guarantee period after each debt falls due [month], None when not agreed.
        written: Whether the guarantor signed.
    """

    kind: GuaranteeKind
    guarantor: _Text = ""
    guarantor_is_state_organ: bool = False
    maximum_fen: _Fen | None = None
    suretyship: Suretyship | None = None
    period_months: Annotated[int, Field(ge=0, le=240)] | None = None
    written: bool = True


class ServiceClause(_Clause):
    """Where notices go, and which of them count as delivered.

    Attributes:
        address: Address for service.
        phone: Phone for messages.
        email: Address for electronic mail.
        sms_counts_as_delivered: Whether a message that arrived counts as a delivered notice.
        consent_recorded: Whether the customer agreed to that expressly.
        change_told_within_days: Days within which a change of address is told [day].
    """

    address: _Text = ""
    phone: _Text = ""
    email: _Text = ""
    sms_counts_as_delivered: bool = False
    consent_recorded: bool = False
    change_told_within_days: Annotated[int, Field(ge=1, le=365)] | None = None


class DisputeClause(_Clause):
    """What the customer can do when a bill or a cut is wrong.

    Attributes:
        query_days: Working days within which a query is answered [day], None when not agreed.
        hotlines: Where to complain, such as 95598 and 12398.
        court: Court or arbitration body, empty for the statutory one.
        bars_complaint: Whether any clause keeps the customer from complaining or suing.
        bars_limitation: Whether any clause waives or changes the limitation period.
    """

    query_days: Annotated[int, Field(ge=1, le=365)] | None = None
    hotlines: tuple[str, ...] = ()
    court: _Text = ""
    bars_complaint: bool = False
    bars_limitation: bool = False


class PersonalDataClause(_Clause):
    """What is done with personal data.

    Attributes:
        purposes: What it is used for, as printed.
        automated_decisions_explained: Whether grades and cuts made by program can be explained and objected to.
        blacklist_without_judgment: Whether arrears may be published or exported as dishonesty without a judgment.
    """

    purposes: _Text = ""
    automated_decisions_explained: bool = False
    blacklist_without_judgment: bool = False


class Signature(_Clause):
    """Who signed for which side, and when."""

    side: Literal["supplier", "customer"]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    signed_date: date
    authorised: bool = True


class ContractTerms(_Clause):
    """Everything a supply contract says.

    Attributes:
        contract_no: Number of the contract.
        account_no: Account it is for, empty before there is one.
        category: User category.
        important_user: Whether a government listed the customer as an important user.
        charging: How is paid.
        supplier_exempt: Whether any clause frees the supplier from damages for its own fault.
        breach: What follows a breach by either side, as printed.
        from_date: First day of the term, None when not agreed.
        to_date: First day no longer, None without an end.
        renews: Whether it goes on when nobody gives notice.
        signatures: Who signed; empty for a draft.
    """

    contract_no: Annotated[str, Field(min_length=1, max_length=40)]
    account_no: Annotated[str, Field(max_length=20)] = ""
    category: Category
    important_user: bool = False
    supplier: Party
    customer: Party
    supply: Supply = Supply()
    charging: Charging = "post_paid"
    price: Price = Price()
    payment: Payment = Payment()
    late_fee: LateFeeClause = LateFeeClause()
    charges: tuple[Charge, ...] = ()
    cut: CutClause = CutClause()
    restore: RestoreClause = RestoreClause()
    prepayment: PrepaymentClause | None = None
    guarantees: tuple[GuaranteeClause, ...] = ()
    service: ServiceClause = ServiceClause()
    dispute: DisputeClause = DisputeClause()
    personal_data: PersonalDataClause = PersonalDataClause()
    supplier_exempt: bool = False
    breach: _Text = ""
    from_date: date | None = None
    to_date: date | None = None
    renews: bool = False
    signatures: tuple[Signature, ...] = ()

    @model_validator(mode="after")
    def _forward(self) -> "ContractTerms":
        if self.from_date and self.to_date and self.to_date <= self.from_date:
            raise ValueError("to_date is not after from_date")
        if self.category not in CATEGORIES:
            raise ValueError("category is none of the registry's")
        return self

    @property
    def resident(self) -> bool:
        """Whether the customer is a resident."""
        return self.category == RESIDENTIAL
