from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig as DjangoStaticFilesConfig


class ConfigConfig(AppConfig):
    name = "config"
    default = True

    def ready(self) -> None:
        from config import checks  # noqa: F401, PLC0415 - registers the system checks once apps are there


class StaticFilesConfig(DjangoStaticFilesConfig):
    """Collects what pages use: the Bootstrap package also brings jQuery, maps and several variants."""

    ignore_patterns = [
        *DjangoStaticFilesConfig.ignore_patterns,
        "*.map",
        "*.rtl.*",
        "bootstrap-grid*",
        "bootstrap-reboot*",
        "bootstrap-utilities*",
        "*.esm*",
        "bootstrap/js/jquery*",
    ]
