"""`zaikong serve`: the console on a local address."""

from typing import Annotated

import typer

from zaikong.cli.shell import out, with_database

app = typer.Typer(add_completion=False)


def serve_console(host: str, port: int) -> None:
    """Serve until interrupted."""
    from granian import Granian  # noqa: PLC0415 -- only to serve
    from granian.constants import Interfaces  # noqa: PLC0415 -- only to serve

    out.print(f"Console: [bold]http://{host}:{port}/[/]  (Ctrl+C stops it)", highlight=False)
    Granian("zaikong.web.wsgi:application", address=host, port=port, interface=Interfaces.WSGI, workers=1).serve()


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Serve the console; the tables are brought up to date first."""
    with_database()
    from django.core.management import call_command  # noqa: PLC0415 -- needs Django

    call_command("migrate", verbosity=0)
    serve_console(host, port)
