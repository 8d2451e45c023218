"""Readers with a role, and a small county to read."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import builders
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Browser, Page, expect, sync_playwright

from zaikong.application.roles import Role, ensure_roles
from zaikong.store.models import Station

SignedIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    """Passwords of tests need not be slow to check."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without its own calls home."""
    expect.set_options(timeout=30_000)  # a busy machine draws late; what never comes still fails
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("ZAIKONG_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium",
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def window(chromium: Browser) -> Iterator[Page]:
    """A fresh window of a desk, 1280 pixels wide."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    yield context.new_page()
    context.close()


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
