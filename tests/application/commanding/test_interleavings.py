"""Payments, bounces, the stop switch, the meter and deaths of the process, in every order up to a bound and random beyond.

The tables are real; the meter is its relay and a line on which frames wait, are delivered late or never, and answers get
lost. Each history is a path through a tree: a savepoint goes back to the fork, so that every prefix is played once.
"""

import random
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from django.db import transaction

from commanding_desk import CUT_AT, approved_order, later, pay_in_full, person
from properties import examples
from zaikong.application.commanding.sweeping import sweep
from zaikong.application.cutting.executing import UnableToCutError
from zaikong.application.cutting.sending import (
    Prepared,
    UnableToSendCutError,
    begin_sending,
    prepare_sending,
    settle_sent,
)
from zaikong.application.cutting.switch import UnableToSwitchCutsError, switch_cuts
from zaikong.application.restoring.carrying import begin_restore, never_cut, settle_close
from zaikong.meterio.outcome import Confirmed, Reason, Unknown
from zaikong.meterio.session import Position, RelayState
from zaikong.store.models import CutOrder, LegalityCertificate, MeterCommand, OpenItem, RestoreOrder

pytestmark = pytest.mark.django_db

_SILENT = Unknown(Reason.SILENT)


@dataclass(frozen=True)
class World:
    """What is not in the tables: time, the process's memory, the line and the relay."""

    order: int
    at: object = CUT_AT
    prepared: Prepared | None = None
    began: bool = False
    """The rule said yes and the bytes have not gone out yet."""
    on_the_line: tuple = ()
    """Trips that left and have not arrived: when each expires."""
    answered: bool = False
    """The meter's yes has come back."""
    relay: Position = Position.CLOSED
    trips_sent: int = 0
    trips_done: int = 0
    paid: bool = False
    refs: int = 0
    paid_when_sent: bool = False
    history: tuple = field(default=())


class Game:
    """The acts, each as the driver, the bank or the world does it."""

    ACTS = (
        "prepare",
        "begin",
        "send",
        "deliver",
        "lose",
        "read",
        "read_in_vain",
        "die",
        "pay",
        "bounce",
        "restore",
        "stop",
        "release",
        "wait",
    )

    def possible(self, world):
        state = CutOrder.objects.get(pk=world.order).state
        ready = {
            "prepare": world.prepared is None and state in {"approved", "reserved"},
            "begin": world.prepared is not None and not world.began and world.trips_sent == 0,
            "send": world.began,
            "deliver": bool(world.on_the_line),
            "lose": bool(world.on_the_line),
            "read": state == "sent" and not world.began,
            "read_in_vain": state == "sent" and not world.began,
            "die": world.prepared is not None or world.began,
            "pay": not world.paid,
            "bounce": world.paid,
            "restore": RestoreOrder.objects.exclude(state="done").exists() and not world.began,
            "stop": True,
            "release": True,
            "wait": True,
        }
        return [act for act in self.ACTS if ready[act]]

    def play(self, world, act):
        after = getattr(self, f"_{act}")(world)
        return replace(after, history=(*world.history, act), at=after.at + timedelta(milliseconds=200))

    def _prepare(self, world):
        with suppress(UnableToCutError):
            prepared = prepare_sending(order=world.order, at=world.at)
            return replace(world, prepared=prepared if isinstance(prepared, Prepared) else None)
        return world

    def _begin(self, world):
        with suppress(UnableToCutError, UnableToSendCutError):
            carried = begin_sending(prepared=world.prepared, at=world.at)
            if carried.state == "sent":
                return replace(world, began=True, prepared=None, paid_when_sent=world.paid)
        return replace(world, prepared=None)

    def _send(self, world):
        until = MeterCommand.objects.get(verb="trip").expires_at
        return replace(world, began=False, on_the_line=(*world.on_the_line, until), trips_sent=world.trips_sent + 1)

    def _deliver(self, world):
        until, rest = world.on_the_line[0], world.on_the_line[1:]
        if world.at > until:
            return replace(world, on_the_line=rest)
        return replace(world, on_the_line=rest, relay=Position.OPEN, trips_done=world.trips_done + 1, answered=True)

    def _lose(self, world):
        return replace(world, on_the_line=world.on_the_line[1:])

    def _read(self, world):
        trip = Confirmed(None) if world.answered else None
        seen = Confirmed(RelayState(commanded=world.relay, actual=world.relay, retained=False, pending=False))
        settle_sent(order=world.order, trip=trip, relay=seen, at=world.at)
        never_cut(cut_order=world.order, at=world.at)
        return replace(world, answered=False)

    def _read_in_vain(self, world):
        settle_sent(order=world.order, trip=_SILENT if world.trips_sent else None, relay=_SILENT, at=world.at)
        return replace(world, answered=False)

    def _die(self, world):
        return replace(world, prepared=None, began=False, answered=False)

    def _pay(self, world):
        pay_in_full(ref=f"p{world.refs}")
        return replace(world, paid=True, refs=world.refs + 1)

    def _bounce(self, world):
        pay_in_full(ref=f"p{world.refs - 1}", kind="bounce")
        return replace(world, paid=False)

    def _restore(self, world):
        for order in RestoreOrder.objects.exclude(state="done"):
            closing = begin_restore(restore=order.pk, at=world.at)
            if closing is None:
                continue
            if not closing.cut_settled:
                seen = Confirmed(RelayState(commanded=world.relay, actual=world.relay, pending=False))
                settle_sent(order=closing.cut, trip=None, relay=seen, at=world.at)
            world = replace(world, relay=Position.CLOSED)
            back = Confirmed(RelayState(commanded=world.relay, actual=world.relay, pending=False))
            settle_close(closing=closing, close=Confirmed(None), relay=back, at=world.at)
        return world

    def _stop(self, world):
        with suppress(UnableToSwitchCutsError):
            switch_cuts(stop=True, reason="storm", staff=person("stopper", "stop_stopallswitch"), at=world.at)
        return world

    def _release(self, world):
        with suppress(UnableToSwitchCutsError):
            releaser = person("releaser", "release_stopallswitch")
            switch_cuts(stop=False, reason="over", staff=releaser, at=world.at)
        return world

    def _wait(self, world):
        return replace(world, at=world.at + timedelta(seconds=121))


def nothing_is_wrong(world):
    """What must hold after every act."""
    told = " → ".join(world.history)
    order = CutOrder.objects.get(pk=world.order)
    assert not world.paid_when_sent, f"sent although money was accepted before: {told}"
    assert world.trips_sent <= 1, f"sent twice: {told}"
    assert world.trips_done <= 1, f"executed twice: {told}"
    if order.state == "recorded":
        assert world.trips_done == 1, f"recorded a cut that was none: {told}"
        assert LegalityCertificate.objects.filter(order=order).count() == 1, f"no certificate: {told}"
    owed = OpenItem.objects.filter(account_id=order.account_id, open_fen__gt=0).exists()
    if order.state in {"sent", "recorded"} and not owed:
        assert RestoreOrder.objects.filter(cut_order=order).exists(), f"paid, cut, and nobody restores: {told}"
    done = RestoreOrder.objects.filter(cut_order=order, state="done").exists()
    if done:
        assert world.relay is Position.CLOSED, f"said to be back and is off: {told}"
        assert not [until for until in world.on_the_line if world.at <= until], f"a trip may still come: {told}"


def everything_ends(game, world):
    """A new worker finds the tables after any history, and brings every order to its end."""
    told = " → ".join(world.history)
    world = replace(game._die(world), at=world.at + timedelta(seconds=400), on_the_line=())
    for _ in range(4):
        due = sweep(at=world.at)
        if due.restores:
            world = game._restore(world)
        if due.settlings:
            world = game._read(world)
        world = replace(world, at=world.at + timedelta(seconds=301))
    order = CutOrder.objects.get(pk=world.order)
    assert order.state != "sent", f"left in doubt: {told}"
    assert (order.state == "failed") <= (world.relay is Position.CLOSED), f"failed and off: {told}"
    given_back = RestoreOrder.objects.filter(cut_order=order, state="done").exists()
    assert not RestoreOrder.objects.exclude(state="done").exists(), f"a restore was lost: {told}"
    owed = OpenItem.objects.filter(account_id=order.account_id, open_fen__gt=0).exists()
    off = world.relay is not Position.CLOSED
    assert off == (order.state == "recorded" and not given_back), f"relay and tables differ: {told}"
    assert owed or not off, f"paid and left cut: {told}"


class _BackToTheFork(Exception):  # noqa: N818
    pass


def explored(game, world, depth, choose):
    """Play every act `choose` gives at every fork, to a depth; returns histories that were played to their end."""
    nothing_is_wrong(world)
    acts = choose(game.possible(world)) if depth else []
    ends = 0
    for act in acts:
        with suppress(_BackToTheFork), transaction.atomic():
            ends += explored(game, game.play(world, act), depth - 1, choose)
            raise _BackToTheFork
    if not acts:
        with suppress(_BackToTheFork), transaction.atomic():
            everything_ends(game, world)
            raise _BackToTheFork
        ends = 1
    return ends


@pytest.fixture
def world():
    return World(order=approved_order(), at=later(seconds=1))


def test_every_order_of_acts_up_to_a_bound_cuts_lawfully_and_loses_nothing(world):
    depth = 3 if examples(1) == 1 else 6
    game = Game()
    # what the switch and the waiting add is played by the random histories
    some = {"prepare", "begin", "send", "deliver", "lose", "read", "die", "pay", "restore"}
    begun = game.play(game.play(world, "prepare"), "begin")

    from_the_start = explored(game, world, depth, lambda acts: [act for act in acts if act in some])
    from_the_sending = explored(game, begun, depth, lambda acts: [act for act in acts if act in some])

    assert from_the_start >= 8
    assert from_the_sending > 8


def test_random_histories_cut_lawfully_and_lose_nothing(world):
    chance = random.Random(20250813)
    game = Game()
    seen = set()
    for _ in range(examples(30)):
        with suppress(_BackToTheFork), transaction.atomic():
            played = world
            for _step in range(chance.randrange(4, 16)):
                acts = game.possible(played)
                weights = [1 if act in {"stop", "release", "wait", "bounce"} else 3 for act in acts]
                played = game.play(played, chance.choices(acts, weights)[0])
                nothing_is_wrong(played)
            seen.add(CutOrder.objects.get(pk=world.order).state)
            everything_ends(game, played)
            raise _BackToTheFork
    assert {"recorded", "sent", "cancelled"} <= seen


def test_a_worker_that_sent_twice_would_be_caught(world):
    game = Game()
    sent = game.play(game.play(game.play(world, "prepare"), "begin"), "send")
    with pytest.raises(AssertionError, match="sent twice"):
        nothing_is_wrong(game.play(sent, "send"))
