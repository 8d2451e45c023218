"""Commands, one file a group; thin: read the options, make one call, print the answer."""

import importlib
from typing import Any

import typer

from zaikong.cli.shell import run

_GROUPS = {
    "audit": ("audit", "Check the decision log, certificates, fairness."),
    "balance": ("balance", "Show the balance of a prepaid account, estimate all of them."),
    "bench": ("bench", "Measure speed and memory."),
    "breach": ("breach", "Look for own breaches in cutting, judge them, make them good."),
    "cases": ("cases", "Run conformance cases through the production rules."),
    "credit": ("credit", "Fit, use and measure scores."),
    "cut": ("cut", "Ask whether supply may be cut, carry out approved cuts, stop them all."),
    "demo": ("demo", "Load the sample county, run its nights, serve the console."),
    "device": ("device", "Order, install and accept fee-control devices; compare retained supply."),
    "export": ("export", "Write tables to CSV, Excel or Parquet."),
    "import": ("imports", "Take in files, reporting every bad row and losing none."),
    "law": ("law", "Check the dated parameters of the law."),
    "limitation": ("limitation", "List open debts by the days left of their limitation."),
    "meter": ("meter", "Read meters over the wire."),
    "night": ("night", "Run the night of a business date."),
    "notify": ("notify", "Send what waits in the outbox, take in receipts."),
    "pay": ("payments", "Take, reverse and look up payments."),
    "prepay": ("prepay", "Keep agreements to pay ahead, take top-ups, give refunds, switch accounts."),
    "serve": ("serve", "Serve the console."),
    "sim": ("sim", "Draw and measure the sample county."),
    "strategy": ("strategy", "Check, show and try the strategy of collection."),
    "tariff": ("tariff", "Check and show tariff books."),
    "worker": ("worker", "Carry commands to meters."),
    "worklist": ("worklist", "Plan and show the work lists of collectors."),
}
"""Command group to its module and its one-line help."""


class _Lazy(typer.core.TyperGroup):
    """Imports a group only when it is called, so that `zaikong tariff check` starts no database."""

    def list_commands(self, ctx: Any) -> list[str]:
        del ctx
        return sorted(_GROUPS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        del ctx
        if cmd_name not in _GROUPS:
            return None
        module = importlib.import_module(f"zaikong.cli.{_GROUPS[cmd_name][0]}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        command.help = command.help or _GROUPS[cmd_name][1]
        return command


app = typer.Typer(
    cls=_Lazy, no_args_is_help=True, pretty_exceptions_enable=False, help="Zaikong 在控: money owed, under control."
)


@app.callback()
def _root() -> None:
    """Zaikong 在控: money owed, under control."""


def main() -> None:
    """The command `zaikong`."""
    run(app)
