"""The pages as a Django app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Staff console."""

    name = "zaikong.web"
    label = "zaikong_web"
