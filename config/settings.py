"""All settings, from the environment alone and closed by default.

`manage.py` and the tests fill the environment for development (config/development.py); nothing else does.
"""

from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import environment as env

env.require("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL")

PROJECT = Path(__file__).resolve().parent.parent
DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
if not DEBUG and len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("Tinel does not start: SECRET_KEY must have at least 50 characters.")
if not DEBUG and "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("Tinel does not start: ALLOWED_HOSTS must name the hosts, not '*'.")

# -- parts ---------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "clinics",
    "knowledge",
    "triage",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_htmx",
    "template_partials",
    "pgtrigger",
    "pghistory",
    "bootstrap",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "config.apps.StaticFilesConfig",
]

# What answers without asking who calls stands first; from TransactionMiddleware on, everything is one
# transaction.
MIDDLEWARE = [
    "config.requests.RequestLogMiddleware",
    "config.headers.SecurityHeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "clinics.middleware.TransactionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "clinics.middleware.NoStoreMiddleware",
    "clinics.middleware.SignInRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "clinics.sessions.middleware.SessionLimitMiddleware",
    "clinics.middleware.MembershipMiddleware",
    "knowledge.middleware.KnowledgeHistoryMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CSRF_FAILURE_VIEW = "clinics.views.csrf_failure"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PROJECT / "templates"],
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
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# -- database: role `app`; role `owner` only where migrations run --------------------------------------------

DATABASES = {"default": env.database("DATABASE_URL", pool_size=env.number("DATABASE_POOL_SIZE", 0))}
if env.text("OWNER_DATABASE_URL"):
    DATABASES["owner"] = env.database("OWNER_DATABASE_URL")
    # Tests run as `app` on the test database that `owner` made.
    DATABASES["owner"]["TEST"] = {"DEPENDENCIES": []}
    DATABASES["default"]["TEST"] = {"MIRROR": "owner"}

# Counts tries and used codes for all processes: a cache in memory would allow as many tries per process.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "clinics_sharedcount",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

# Read by the commands `backup`, `restore` and `drill` alone; the web server is given neither.
OWNER_DATABASE_URL = env.text("OWNER_DATABASE_URL")
BACKUP_DATABASE_URL = env.text("BACKUP_DATABASE_URL")

# -- people --------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "clinics.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "clinics.adapters.ClosedAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "clinics.models.display_name"
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are made by an administrator, with a verified address
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a letter about each change of password or second factor
ACCOUNT_REAUTHENTICATION_TIMEOUT = 5 * 60
ACCOUNT_RATE_LIMITS = {
    "invite": "30/h/user",
    "accept_invitation": "20/m/ip",
    "answer_outcome": "30/m/ip",
    "outcome_link": "60/h/user",
    "unlock": "10/m/user",
    "break_glass": "10/h/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if env.flag("BEHIND_PROXY") else 0
MFA_ADAPTER = "clinics.adapters.SealingMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "authenticate": "clinics.factors.OnceAuthenticateForm",
    "reauthenticate": "clinics.factors.OnceReauthenticateForm",
    "activate_totp": "clinics.factors.OnceActivateForm",
    "add_webauthn": "clinics.factors.AddPasskeyForm",
}
MFA_TOTP_ISSUER = "Tinel"
MFA_TOTP_TOLERANCE = 1  # the code before and after counts too: clocks differ, and people type slowly
USERSESSIONS_TRACK_ACTIVITY = False
USERSESSIONS_ADAPTER = "clinics.sessions.adapters.RecordedUserSessionsAdapter"

# -- browser -------------------------------------------------------------------------------------------------

SECURE = not DEBUG
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60  # idle lock and absolute limit: clinics/sessions/clock.py
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
MESSAGE_STORAGE = (
    "django.contrib.messages.storage.session.SessionStorage"  # a cookie would hold what they say
)
SECURE_SSL_REDIRECT = env.flag("SSL_REDIRECT", SECURE)
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env.flag("BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap's icons are data: images
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "report-uri": ["/csp-report/"],
    },
}
if SECURE:
    # Browsers heed `report-to` under TLS only, and where they see it they leave `report-uri` aside.
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["report-to"] = ["csp"]

# A visit sent as one form holds a field per question and side.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# -- static files --------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.text("STATIC_ROOT") or PROJECT / "var" / "static"
STATICFILES_DIRS = [PROJECT / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG  # in development without collectstatic
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "config.static.HashedStaticFilesStorage"
    },
}

# -- words and times -----------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.text("TIME_ZONE", "UTC")  # of the pages; the database keeps UTC
USE_TZ = True
USE_I18N = True

# -- letters -------------------------------------------------------------------------------------------------

EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.number("EMAIL_PORT", 587, least=1)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", True)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("EMAIL_FROM", "tinel@localhost")
EMAIL_BACKEND = (
    f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console' if DEBUG else 'dummy'}.EmailBackend"
)

# -- log: what happened and to which id, never a name, a form or a row ---------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.LineFormatter" if DEBUG else "config.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.db.backends": {"level": "WARNING"},
        # One line an answer: production counts them, a person developing would drown in them.
        "tinel.request": {"level": "WARNING" if DEBUG else "INFO"},
    },
}
