"""The heap with tickets set aside lets in exactly whom a scan of the whole queue would let in."""

import asyncio

from hypothesis import example, given
from hypothesis import strategies as st

from zaikong.meterio.front import Limits, Priority
from zaikong.meterio.front.gate import Gate, Ticket
from zaikong.meterio.outcome import Reason
from zaikong.meterio.session import Endpoint

LINES = (Endpoint("a", 1), Endpoint("b", 1), Endpoint("/dev/ttyS0", 0))


class Scan:
    """The same gate, as a person would write it down."""

    def __init__(self, limits):
        self.limits, self.waiting, self.inside = limits, [], []

    def let_in(self):
        while True:
            fit = [
                ticket for ticket in sorted(self.waiting, key=lambda t: (t.priority, t.arrival)) if self.fits(ticket)
            ]
            if not fit:
                return
            self.waiting.remove(fit[0])
            self.inside.append(fit[0])

    def fits(self, ticket):
        restore = ticket.priority is Priority.RESTORE
        line = 1 if ticket.line.serial else self.limits.per_line
        at_line = line if restore else max(1, line - self.limits.line_reserve)
        in_all = self.limits.in_all if restore else max(1, self.limits.in_all - self.limits.reserve)
        return (
            all(other.meter != ticket.meter for other in self.inside)
            and sum(other.line == ticket.line for other in self.inside) < at_line
            and len(self.inside) < in_all
        )


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("join"), st.sampled_from(list(Priority)), st.integers(0, 8)),
        st.tuples(st.just("leave"), st.integers(0, 30)),
        st.tuples(st.just("give up"), st.integers(0, 30)),
        st.tuples(st.just("send away"), st.integers(0, 2)),
    ),
    max_size=60,
)


@given(
    steps=STEPS,
    limits=st.builds(
        Limits,
        per_line=st.integers(1, 3),
        in_all=st.integers(1, 5),
        line_reserve=st.integers(0, 2),
        reserve=st.integers(0, 2),
    ),
)
@example(  # the one called up gives up while it waits for room: the next at its meter must come up in its stead
    steps=[
        ("join", Priority.READ, 0),
        ("join", Priority.READ, 0),
        ("join", Priority.READ, 0),
        ("join", Priority.READ, 3),
        ("join", Priority.RESTORE, 6),
        ("leave", 0),
        ("give up", 0),
        ("leave", 0),
    ],
    limits=Limits(per_line=5, in_all=2, line_reserve=0, reserve=0),
)
@example(  # the one called up finds its meter busy: the next of its line must come up in its stead
    steps=[
        ("join", Priority.READ, 0),
        ("join", Priority.READ, 3),
        ("join", Priority.READ, 6),
        ("join", Priority.READ, 9),
        ("join", Priority.RESTORE, 6),
        ("leave", 0),
        ("leave", 0),
    ],
    limits=Limits(per_line=2, in_all=5, line_reserve=0, reserve=0),
)
def test_the_gate_lets_in_whom_a_scan_of_the_whole_queue_would(steps, limits):
    async def story():
        gate, scan = Gate(limits), Scan(limits)
        for kind, *what in steps:
            _take(gate, scan, kind, what)
            scan.let_in()
            assert {id(ticket) for ticket in scan.inside} == {id(t) for t in tickets if t.inside}
            assert (gate.inside, gate.waiting) == (len(scan.inside), len(scan.waiting))
        while scan.inside:  # nobody is forgotten: all are let in once the others have left
            _take(gate, scan, "leave", [0])
            scan.let_in()
        assert gate.waiting == gate.inside == 0

    tickets = []

    def _take(gate, scan, kind, what):
        if kind == "join":
            priority, number = what
            ticket = Ticket(priority, f"m{number}", LINES[number % 3], asyncio.get_running_loop().create_future())
            tickets.append(ticket)
            scan.waiting.append(ticket)
            gate.join(ticket)
        elif kind == "send away":
            line = LINES[what[0]]
            scan.waiting = [ticket for ticket in scan.waiting if ticket.line != line]
            gate.send_away(Reason.CIRCUIT_OPEN, lambda ticket: ticket.line == line)
        else:
            crowd = scan.inside if kind == "leave" else scan.waiting
            if crowd:
                ticket = crowd.pop(what[0] % len(crowd))
                gate.leave(ticket)
                gate.leave(ticket)  # twice is harmless

    asyncio.run(story())
