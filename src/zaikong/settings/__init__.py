"""Settings of the service. Every one that a site may change is read from the environment here, once."""

import os
import secrets
from pathlib import Path

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from zaikong.store.server import django_database, var_folder

PACKAGE = Path(__file__).resolve().parent.parent
VAR = var_folder()

DEBUG = os.environ.get("ZAIKONG_DEBUG", "") == "1"
ALLOWED_HOSTS = os.environ.get("ZAIKONG_HOSTS", "127.0.0.1,localhost,testserver").split(",")


def _secret_key() -> str:
    key = os.environ.get("ZAIKONG_SECRET_KEY", "")
    if key:
        return key
    file = VAR / "secret_key"
    if not file.exists():
        VAR.mkdir(parents=True, exist_ok=True)
        file.write_text(secrets.token_urlsafe(48), encoding="utf-8")
        file.chmod(0o600)
    return file.read_text(encoding="utf-8")


SECRET_KEY = _secret_key()

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "zaikong.store.apps.StoreConfig",
    "zaikong.web.apps.WebConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "pgtrigger",
    "django_htmx",
    "procrastinate.contrib.django",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "zaikong.web.language.ChosenLanguageMiddleware",
    "zaikong.web.origin.OwnOriginMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "zaikong.web.urls"
WSGI_APPLICATION = "zaikong.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],  # before the frame's own
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
DATABASES = {"default": django_database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "zaikong.Staff"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
NOTIFY_TARGETS = {
    channel: os.environ.get(f"ZAIKONG_NOTIFY_{channel.upper()}", "") for channel in ("sms", "app", "email", "voice")
}
"""Channel to the apprise address messages leave by; a channel without one writes to `outbox` under `ZAIKONG_VAR`."""

LOGIN_URL = reverse_lazy("admin:login")

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
FORMAT_MODULE_PATH = ["zaikong.web.formats"]
LOCALE_PATHS = [PACKAGE / "web" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # the file server warns of a missing folder
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "zaikong.web.assets.PlotlyFinder",
]
WHITENOISE_USE_FINDERS = True

SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = os.environ.get("ZAIKONG_HTTPS", "") == "1"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"

MIGRATION_MODULES = {"zaikong": "zaikong.store.migrations"}
PGTRIGGER_MIGRATIONS = True

UNFOLD = {
    "SITE_TITLE": _("Zaikong"),
    "SITE_HEADER": _("Zaikong"),
    "SITE_SUBHEADER": _("money owed, under control"),
    "SITE_SYMBOL": "bolt",
    "SITE_URL": None,
    "SHOW_HISTORY": False,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("zaikong/icon.svg")},
    ],
    "BORDER_RADIUS": "4px",
    "STYLES": [lambda _request: static("zaikong/console.css")],
    "SCRIPTS": [lambda _request: static("zaikong/console.js")],
    "DASHBOARD_CALLBACK": "zaikong.web.pages.dashboard.figures",
    "LOGIN": {"image": lambda _request: static("zaikong/login.svg")},
    "COLORS": {
        "primary": {
            "50": "#effaf8",
            "100": "#d5f1ec",
            "200": "#aee3db",
            "300": "#7bcdc3",
            "400": "#47b0a5",
            "500": "#23928a",
            "600": "#0b766f",
            "700": "#095f5b",
            "800": "#0a4c4a",
            "900": "#0b3f3e",
            "950": "#042525",
        },
    },
    "SIDEBAR": {"navigation": "zaikong.web.navigation.sidebar"},
}
