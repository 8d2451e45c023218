"""How is a stored bill explained on a page?"""

from zaikong.domain.billing.explanation import BillLineFacts, ExplainedLine, explain
from zaikong.store.models import Bill, BillLine


def explain_bill(bill: Bill) -> list[ExplainedLine]:
    """The lines of a released bill with their working and clause, in order; empty for an imported bill."""
    lines = BillLine.objects.filter(bill_id=bill.pk).order_by("line")
    return explain(
        [
            BillLineFacts(
                item=line.item,
                quantity=line.quantity,
                unit=line.unit,
                price_e8=line.price_e8,
                amount_fen=line.amount_fen,
                price_from=line.price_from_date,
            )
            for line in lines
        ],
        book=bill.book,
        plan=bill.plan,
    )
