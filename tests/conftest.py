"""One embedded server for the whole run, a database a worker, one Spark session a worker that asks for it."""

import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("ZAIKONG_VAR", tempfile.mkdtemp(prefix="zaikong-test-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zaikong.settings")
# tables of commands are not cut, whichever test makes the console first
os.environ["COLUMNS"] = "250"
os.environ["PYSPARK_PYTHON"] = sys.executable
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

import django.conf
from hypothesis import settings

from properties import SWITCH, THOROUGH

django.setup()

ROOT = Path(__file__).resolve().parent.parent

# No deadline: the first example pays for building a plan, and the machine is shared with other workers.
settings.register_profile("quick", deadline=None, max_examples=60)
settings.register_profile("thorough", deadline=None, max_examples=60 * THOROUGH)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--thorough`: many more examples for every property."""
    parser.addoption("--thorough", action="store_true", help="many more examples for every property")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the number of examples before test modules ask for theirs."""
    thorough = config.getoption("thorough")
    settings.load_profile("thorough" if thorough else "quick")
    os.environ[SWITCH] = "1" if thorough else ""
    # hundreds of log-ins are made for a test each; how long a stolen hash would resist is not what they ask
    django.conf.settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave no database behind: after all workers have ended, the folder made above is removed."""
    from zaikong.store.server import drop_embedded, var_folder

    ours = var_folder().name.startswith("zaikong-test-") and not os.environ.get("DATABASE_URL")
    if ours and not hasattr(config, "workerinput"):
        drop_embedded()
        shutil.rmtree(var_folder(), ignore_errors=True)


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A local Spark session, for the proof that a rule gives the same answer there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyspark.sql import SparkSession

        session = (
            SparkSession.builder.master("local[1]")
            .appName("zaikong-tests")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "2")
            # small frames: planning and code generation would cost more than the rules
            .config("spark.sql.codegen.wholeStage", "false")
            .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
            .config("spark.sql.adaptive.enabled", "false")
            .config("spark.driver.memory", "1g")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.sql.session.timeZone", "Asia/Shanghai")
            .getOrCreate()
        )
        session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()
