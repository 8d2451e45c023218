"""What `history` and `read_day` must say, in plain Python, one account at a time."""

# ruff: noqa: C901, PLR0912, PLR0915 -- one long walk through an account is what an oracle should look like
from fractions import Fraction
from math import floor

REGISTERS = ("total", "sharp", "peak", "flat", "valley", "reactive")
TOU = (1, 2, 3, 4)
SHARE = 16384


def half_up(number):
    return floor(Fraction(number) + Fraction(1, 2))


def middle(values):
    ordered = sorted(values)
    half = len(ordered) // 2
    return half_up(ordered[half]) if len(ordered) % 2 else half_up(Fraction(ordered[half - 1] + ordered[half], 2))


def history(daily_use, accounts, as_of_day):
    rows = {}
    for account, _ in accounts:
        seen = {
            use["day"]: use
            for use in daily_use
            if use["account"] == account and as_of_day - 30 <= use["day"] < as_of_day and use["source"] != "estimated"
        }
        row = dict.fromkeys(
            [
                "median_centi_kwh", "mad_centi_kwh", "largest_centi_kwh", "last7_mean_centi_kwh",
                "class_mean_centi_kwh",
                *(f"weekday_{number}_centi_kwh" for number in range(7)), "frozen_days",
                *(f"up_to_{REGISTERS[register]}_share" for register in TOU), "kvarh_share",
            ]
        )  # fmt: skip
        row |= {"account": account, "days_known": len(seen)}
        if seen:
            uses = [use["centi_kwh"] for use in seen.values()]
            row["median_centi_kwh"] = middle(uses)
            row["mad_centi_kwh"] = middle([abs(use - row["median_centi_kwh"]) for use in uses])
            row["largest_centi_kwh"] = max(uses)
            week = [use["centi_kwh"] for day, use in seen.items() if day >= as_of_day - 7]
            if week:
                row["last7_mean_centi_kwh"] = half_up(Fraction(sum(week), len(week)))
            used = [day for day, use in seen.items() if use["centi_kwh"] > 0]
            row["frozen_days"] = as_of_day - 1 - (max(used) if used else min(seen) - 1)
            month = {day: use for day, use in seen.items() if day >= as_of_day - 28}
            for number in range(7):
                same = [use["centi_kwh"] for day, use in month.items() if (day + 3) % 7 == number]
                if same:
                    row[f"weekday_{number}_centi_kwh"] = middle(same)
            total = sum(use["centi_kwh"] for use in month.values())
            if total:
                kvarh = sum(use["centi_kvarh"] for use in month.values())
                row["kvarh_share"] = min(half_up(Fraction(kvarh * SHARE, total)), 64 * SHARE)
            parts = [sum(use[f"{REGISTERS[register]}_centi_kwh"] for use in month.values()) for register in TOU]
            if sum(parts):
                for place, register in enumerate(TOU):
                    share = Fraction(sum(parts[: place + 1]) * SHARE, sum(parts))
                    row[f"up_to_{REGISTERS[register]}_share"] = half_up(share)
        rows[account] = row
    for category in {category for _, category in accounts}:
        members = [account for account, own in accounts if own == category]
        means = [rows[account]["last7_mean_centi_kwh"] for account in members]
        means = [mean for mean in means if mean is not None]
        for account in members:
            rows[account]["class_mean_centi_kwh"] = half_up(Fraction(sum(means), len(means))) if means else None
    return rows


def most_believed(row, days):
    if row["days_known"] < 7:
        return None
    median = row["median_centi_kwh"]
    mean = row["last7_mean_centi_kwh"] or 0
    return days * max(median + 10 * row["mad_centi_kwh"], 5 * median, 5 * mean, 2 * row["largest_centi_kwh"], 2000)


def read_day(meters, previous, readings, histories, day):
    """Daily use, registers, verdicts and finding codes as plain tuples."""
    verdicts, findings = {}, set()
    at_meter = {meter["meter"]: meter for meter in meters}
    last = {}
    for row in previous:
        last.setdefault(row["meter"], {})[row["register"]] = row
    sound = {}
    for row in readings:
        meter = at_meter.get(row["meter"])
        days_before = [each["previous_day"] for each in last.get(row["meter"], {}).values()]
        code = ""
        if meter is None:
            code = "METER_UNKNOWN"
        elif row["register"] not in range(6):
            code = "REGISTER_UNKNOWN"
        elif row["day"] > day:
            code = "CLOCK_IN_FUTURE"
        elif row["value_centi"] < 0:
            code = "READING_NEGATIVE"
        elif row["value_centi"] >= 100 * 10 ** meter["digits"]:
            code = "READING_BEYOND_DIGITS"
        elif row["day"] < meter["installed_day"]:
            code = "READING_BEFORE_INSTALLED"
        elif days_before and row["day"] <= max(days_before):
            code = "READING_NOT_NEWER"
        elif row["day"] < day:
            code = "READING_LATE"
        if code:
            verdicts[row["reading"]] = ("held" if code == "READING_LATE" else "refused", code)
            account = meter["account"] if meter else -1
            findings.add((account, row["meter"], row["register"], row["day"], code))
        else:
            sound.setdefault(row["meter"], {}).setdefault(row["register"], []).append(row)
    daily, registers = {}, {}
    for account in sorted({meter["account"] for meter in meters}):
        own = [meter for meter in meters if meter["account"] == account]
        _settle(account, own, last, sound, histories[account], day, daily, registers, verdicts, findings)
    return daily, registers, verdicts, findings


def _settle(account, meters, last, sound, row, day, daily, registers, verdicts, findings):
    faults, due, steps = {}, [], {}
    for meter in meters:
        known, read = last.get(meter["meter"], {}), sound.get(meter["meter"], {})
        number = meter["meter"]
        conflicts = [register for register, rows in read.items() if len({each["value_centi"] for each in rows}) > 1]
        found = ["READING_CONFLICT"] if conflicts else []
        findings |= {(account, number, register, day, "READING_CONFLICT") for register in conflicts}
        days = [each["previous_day"] for each in known.values()]
        if known and min(days) < day:
            due.append(meter)
            gap = day - min(days)
            most = most_believed(row, gap)
            moves = {}
            some = any(register in read for register in known)
            back = []
            for register, before in known.items():
                if register not in read:
                    moves[register] = 0
                    if some:
                        found.append("REGISTER_MISSING")
                        findings.add((account, number, register, day, "REGISTER_MISSING"))
                    continue
                value = min(each["value_centi"] for each in read[register])
                top = 100 * 10 ** meter["digits"]
                use = (value - before["previous_centi"]) % top * meter["multiplier"]
                moves[register] = use
                if value < before["previous_centi"]:
                    turned = before["previous_centi"] * 10 >= top * 9 and most is not None and use <= most
                    if not turned:
                        back.append(register)
                        found.append("READING_BACKWARDS")
                        findings.add((account, number, register, day, "READING_BACKWARDS"))
            if not some:
                found.append("READING_MISSING")
                findings.add((account, number, -1, day, "READING_MISSING"))
            if min(days) != max(days):
                found.append("REGISTERS_OUT_OF_STEP")
                findings.add((account, number, -1, day, "REGISTERS_OUT_OF_STEP"))
            if some and gap > 400:
                found.append("GAP_TOO_LONG")
                findings.add((account, number, -1, day, "GAP_TOO_LONG"))
            tou = [register for register in TOU if register in known]
            all_read = all(register in read for register in [0, *tou]) if 0 in known else False
            clean = not any(register in back + conflicts for register in range(5))
            apart = abs(sum(moves[register] for register in tou) - moves.get(0, 0)) > len(tou) * meter["multiplier"]
            if tou and all_read and clean and apart:
                found.append("REGISTERS_DO_NOT_ADD_UP")
                findings.add((account, number, -1, day, "REGISTERS_DO_NOT_ADD_UP"))
            steps[number] = (min(days), gap, moves, tou, most)
        faults[number] = found
    fault, kwh = _account_fault(due, faults, steps, last, sound)
    taken = bool(due) and not fault
    first = min((meter["meter"] for meter in due), default=None)
    gap = max((step[1] for step in steps.values()), default=0)
    if fault in {"USE_SPIKE", "USE_BEYOND_BOUNDS"}:
        findings.add((account, first, -1, day, fault))
    if taken and gap > 1:
        findings.add((account, first, -1, day, "GAP_TRUED_UP"))
    most = max((step[4] for step in steps.values() if step[4] is not None), default=None)
    if taken and most is not None and kwh > most:
        findings.add((account, first, -1, day, "USE_SPIKE_CONFIRMED"))
    still = taken and kwh == 0 and (row["median_centi_kwh"] or 0) >= 100
    if still and row["frozen_days"] + 1 >= 7:
        findings.add((account, first, -1, day, "READING_FROZEN"))
    if taken:
        _lay(account, due, steps, row, day, gap, daily)
    elif due:
        _estimate(account, steps, row, day, daily, findings, first)
    _move(account, meters, due, last, sound, faults, fault, taken, day, registers, verdicts, findings)


def _account_fault(due, faults, steps, last, sound):
    kwh = sum(
        sum(moves[register] for register in tou) if tou else moves.get(0, 0) for _, _, moves, tou, _ in steps.values()
    )
    kvarh = sum(moves.get(5, 0) for _, _, moves, _, _ in steps.values())
    if any(faults[meter["meter"]] for meter in due):
        return "READING_WAITS", kwh
    if max(kwh, kvarh) > 10**10:
        return "USE_BEYOND_BOUNDS", kwh
    most = max((step[4] for step in steps.values() if step[4] is not None), default=None)

    def confirms(number):
        known, read = last[number], sound[number]
        suspected = any(each["suspect_centi"] >= 0 for each in known.values())
        return suspected and all(
            read[register][0]["value_centi"] >= each["suspect_centi"] for register, each in known.items()
        )

    if most is not None and kwh > most and not all(confirms(meter["meter"]) for meter in due):
        return "USE_SPIKE", kwh
    return "", kwh


def _lay(account, due, steps, row, day, gap, daily):
    for meter in due:
        start, _, moves, tou, _ = steps[meter["meter"]]
        days = list(range(start + 1, day + 1))
        usual = []
        for number in range(7):
            weekday = row[f"weekday_{number}_centi_kwh"]
            usual.append(weekday if weekday is not None else row["median_centi_kwh"] or 0)
        weights = [usual[(each + 3) % 7] * 1000 // max(*usual, 1) for each in days]
        if not sum(weights):
            weights = [1] * len(days)
        uses = {register: moves[register] for register in tou} if tou else {0: moves.get(0, 0)}
        uses[5] = moves.get(5, 0)
        for place, each in enumerate(days):
            entry = daily.setdefault(
                (account, each), {"source": "trued_up" if gap > 1 else "measured"} | dict.fromkeys(range(6), 0)
            )
            for register, use in uses.items():
                entry[register] += use * sum(weights[: place + 1]) // sum(weights) - use * sum(weights[:place]) // sum(
                    weights
                )


def _estimate(account, steps, row, day, daily, findings, first):
    candidates = [row[f"weekday_{(day + 3) % 7}_centi_kwh"], row["last7_mean_centi_kwh"], row["class_mean_centi_kwh"]]
    known = [each for each in candidates if each is not None]
    if not known:
        findings.add((account, first, -1, day, "ESTIMATE_WITHOUT_HISTORY"))
    total = known[0] if known else 0
    entry = {"source": "estimated"} | dict.fromkeys(range(6), 0)
    if any(tou for _, _, _, tou, _ in steps.values()):
        if row["up_to_sharp_share"] is None:
            entry[3] = total
        else:
            before = 0
            for register in TOU:
                upto = half_up(Fraction(total * row[f"up_to_{REGISTERS[register]}_share"], SHARE))
                entry[register], before = upto - before, upto
    else:
        entry[0] = total
    entry[5] = half_up(Fraction(total * (row["kvarh_share"] or 0), SHARE))
    daily[account, day] = entry


def _move(account, meters, due, last, sound, faults, fault, taken, day, registers, verdicts, findings):
    for meter in meters:
        number = meter["meter"]
        known, read = last.get(number, {}), sound.get(number, {})
        is_due = meter in due
        starts = not known and not faults[number]
        conflict = "READING_CONFLICT" in faults[number]
        for register, before in known.items():
            suspect = before["suspect_centi"]
            if is_due and fault == "USE_SPIKE":
                suspect = read[register][0]["value_centi"]
            entry = (before["previous_centi"], before["previous_day"], suspect)
            if is_due and taken:
                value = read[register][0]["value_centi"]
                if value < before["previous_centi"]:
                    findings.add((account, number, register, day, "METER_ROLLED_OVER"))
                entry = (value, day, -1)
            registers[number, register] = entry
        for register, rows in read.items():
            accepted = starts or (is_due and taken)
            if accepted and register not in known:
                registers[number, register] = (rows[0]["value_centi"], day, -1)
                findings.add((account, number, register, day, "READING_FIRST"))
            order = ("READING_CONFLICT", "READING_MISSING", "REGISTERS_OUT_OF_STEP", "REGISTER_MISSING",
                     "READING_BACKWARDS", "REGISTERS_DO_NOT_ADD_UP", "GAP_TOO_LONG")  # fmt: skip
            held_by = next((code for code in order if code in faults[number]), fault)
            for place, each in enumerate(sorted(rows, key=lambda one: one["reading"])):
                if place and not conflict:
                    verdicts[each["reading"]] = ("refused", "READING_DUPLICATE")
                    findings.add((account, number, register, day, "READING_DUPLICATE"))
                elif accepted:
                    verdicts[each["reading"]] = ("accepted", "")
                else:
                    verdicts[each["reading"]] = ("held", held_by)
