"""Where does a worker say what it does? Lines of JSON beside the output, so that figures stay what they are."""

import sys

import structlog


def tell_beside() -> None:
    """Write events as lines of JSON to the error output."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
