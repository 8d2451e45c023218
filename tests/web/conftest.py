"""Readers with a role, and a small county to read."""

from collections.abc import Callable
from typing import Any

import builders
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from zaikong.application.roles import Role, ensure_roles
from zaikong.store.models import Station

SignedIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    """Passwords of tests need not be slow to check."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def queries_of() -> Callable[[Client, str], int]:
    """How many queries a page asks."""

    def count(client: Client, address: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        return len(asked)

    return count


@pytest.fixture
def county(db: None) -> builders.County:
    """Two stations with an account each, and one of everything."""
    ensure_roles()
    return builders.county()


@pytest.fixture
def signed_in(db: None) -> SignedIn:
    """A client signed in with a role, for one station or for the county."""
    ensure_roles()

    def sign_in(role: Role, station: Station | None = None) -> Client:
        client = Client()
        client.force_login(builders.staff(role, station))
        return client

    return sign_in
