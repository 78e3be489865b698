"""Django is set up once for a process, for both of its interfaces."""

from __future__ import annotations


def configure_django() -> None:
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(
            ALLOWED_HOSTS=["*"],
            DEBUG=False,
            LOGGING_CONFIG=None,
            ROOT_URLCONF="tests.matrix.django_urls",
            SECRET_KEY="of no use",
        )
        django.setup()
