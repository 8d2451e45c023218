"""Readers with a role, and a small county to read."""

from collections.abc import Callable

import builders
import pytest
from django.test import Client

from zaikong.application.roles import Role, ensure_roles
from zaikong.store.models import Station

SignedIn = Callable[..., Client]


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
