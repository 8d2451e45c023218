"""A clean contract for the tests, and how one of its clauses is changed."""

from datetime import date

from zaikong.domain.registry.contract_terms import ContractTerms

CLEAN = {
    "contract_no": "HT-2025-0001",
    "account_no": "4100000001",
    "category": "business",
    "supplier": {
        "name": "某县供电公司",
        "address": "人民路1号",
        "phone": "0371-00000000",
        "identifier": "91410000000000000X",
        "representative": "陈营销",
    },
    "customer": {
        "name": "光明食品店",
        "address": "建设街2号",
        "phone": "13800000000",
        "identifier": "92410000000000000Y",
        "representative": "李光明",
    },
    "supply": {
        "address": "建设街2号",
        "use": "商业用电",
        "mode": "单电源，三相四线",
        "voltage": "380V",
        "capacity_centi_kva": 5000,
        "metering": "低压侧计量，表号 3700000001",
        "boundary": "电能表出线侧接线端子",
        "quality": "电压偏差符合国家标准，连续供电",
    },
    "price": {"basis": "approved", "book": "工商业及其他用电"},
    "payment": {"due_day_of_month": 20, "methods": ["online", "bank_transfer"]},
    "late_fee": {"daily_ppm": 2000},
    "cut": {"after_overdue_days": 30, "notice_days": 7, "final_notice_minutes": 30},
    "restore": {"within_hours": 24, "security_restores": True},
    "service": {
        "address": "建设街2号",
        "phone": "13800000000",
        "sms_counts_as_delivered": True,
        "consent_recorded": True,
        "change_told_within_days": 7,
    },
    "dispute": {"query_days": 5, "hotlines": ["95598", "12398"], "court": "供电地人民法院"},
    "personal_data": {"purposes": "供用电服务、电费结算与通知", "automated_decisions_explained": True},
    "breach": "违约方赔偿对方因此受到的损失",
    "from_date": date(2025, 7, 1),
    "to_date": date(2030, 7, 1),
}

PREPAYMENT = {
    "prominent": True,
    "consent_recorded": True,
    "balance_formula": "可用余额＝预存电费－已结电费－测算电费",
    "warn_below_fen": 5000,
    "cut_below_fen": 0,
    "warning_phone": "13800000000",
    "safe_restore": True,
}

SURETY = {
    "kind": "third_party",
    "guarantor": "光明商贸有限公司",
    "maximum_fen": 1_000_000,
    "suretyship": "joint_and_several",
    "period_months": 24,
}


def contract(changes=None, **more):
    """The clean contract with clauses changed: a mapping changes keys of the clause, another value replaces it."""
    terms = dict(CLEAN)
    for name, value in ((changes or {}) | more).items():
        old = terms.get(name)
        terms[name] = old | value if isinstance(old, dict) and isinstance(value, dict) else value
    return ContractTerms.model_validate(terms)
