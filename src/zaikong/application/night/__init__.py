"""How does the whole county go through one business date? 日清月结.

A night is a fixed order of steps. Each step runs in one transaction together with its own record, so after a crash at
any point it either happened with its manifest or did not happen at all; running the night again goes on with the first
step that is not done. `from_step` runs that step and the later ones again: they find their work done and change nothing,
or take up what has arrived since. A closed night is final.

    readings   the day's register values → daily use, findings, estimates
    switches   accounts whose day has come pay ahead, or afterwards
    payments   the day's receipts → credited, allocated, late fees
    bills      settlements that end on this day → rated, checked, held or posted
    prepaid    prepaid money pays what the new bills opened
    proof      balances and open items rebuilt from the legs: no difference allowed
    exposure   ageing, use not yet billed, days of exposure, per account
    scores     probability of each new bill to stay unpaid; whether the score still stands
    grades     behaviour grade and its moves, expected loss, warnings
    balances   what prepaid accounts have left, thresholds passed, warnings ordered, prepaid cuts proposed
    cases      collection cases opened, closed, decided by the days; their ladders
    breaches   own cuts that were wrong by what is known now, supply given back too late
    day_book   the closed day
    month_close the closed month, on its last day
    snapshot   the day's tables as Parquet, for analysis and for the province
"""

from zaikong.application.night.run import STEPS, NightReport, StepReport, UnableToRunNightError, run_night

__all__ = ["STEPS", "NightReport", "StepReport", "UnableToRunNightError", "run_night"]
