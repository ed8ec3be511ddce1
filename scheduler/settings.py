"""Django settings. What differs between machines comes from `scheduler/env.py`."""

from datetime import timedelta

from scheduler import admin_theme, cors
from scheduler.env import BASE_DIR, read_environment
from scheduler.logs.config import logging_config
from scheduler.mail import mail_settings_of_url

_env = read_environment()

DEBUG = _env.development
SECRET_KEY = _env.secret_key
SECRET_KEY_FALLBACKS = _env.secret_key_fallbacks
ALLOWED_HOSTS = _env.allowed_hosts
CSRF_TRUSTED_ORIGINS = _env.csrf_trusted_origins

INSTALLED_APPS = [
    "accounts",
    "jobs",
    *admin_theme.APPS,
    "django.contrib.admin.apps.SimpleAdminConfig",  # urls.py imports its pages, and no worker does
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "drf_spectacular_sidecar",
    "rest_framework",
    "rest_framework_simplejwt",
    # Unused: its tables empty themselves as old tokens expire, and a later version drops them.
    "rest_framework_simplejwt.token_blacklist",
]

MIDDLEWARE = [
    "scheduler.http.request_id.RequestIdMiddleware",
    "scheduler.http.response_headers.ResponseHeadersMiddleware",
    # Within those two, which every answer needs; around all that may refuse.
    *([cors.MIDDLEWARE] if _env.cors_allowed_origins else []),
    "accounts.api.call_limits.RateLimitFieldsMiddleware",
    "scheduler.http.https_only.HttpsOnlyMiddleware",
    "scheduler.http.length_required.LengthRequiredMiddleware",
    "scheduler.http.content_coding.ContentCodingMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "scheduler.http.admin_middleware.AdminSessionMiddleware",
    "scheduler.http.host_check.CommonExceptProbesMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "scheduler.http.admin_middleware.AdminAuthenticationMiddleware",
    "scheduler.http.admin_middleware.AdminMessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "scheduler.http.versions.VersionMiddleware",
]

globals().update(cors.cors_settings(_env.cors_allowed_origins))

ROOT_URLCONF = "scheduler.urls"
WSGI_APPLICATION = "scheduler.wsgi.application"
APPEND_SLASH = False
CSRF_FAILURE_VIEW = "scheduler.http.error_views.csrf_failure"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [BASE_DIR / "scheduler" / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# One connection for each thread, kept between requests and checked before use, so that a
# restarted PostgreSQL costs one reconnect and no error. The engine makes the check cheap.
DATABASES = {
    "default": {
        **_env.database,
        "ENGINE": "scheduler.postgresql",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }
}
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 5,
    # A network that swallows packets is noticed within some ten seconds, not hours.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    **_env.database.get("OPTIONS", {}),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": [_env.redis_url],  # in a list, as it may have commas of its own
        # Within the prefix of the jobs, for a user of Redis who may use no other keys.
        "KEY_PREFIX": f"{_env.jobs['JOBS_REDIS_PREFIX']}cache",
        "OPTIONS": {
            "CONNECTION_FACTORY": "scheduler.cache_connections.CacheConnections",
            "PREFIX": _env.jobs["JOBS_REDIS_PREFIX"],
            "SOCKET_CONNECT_TIMEOUT": 1,
            "SOCKET_TIMEOUT": 1,
        },
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# Where a log-in leads that began on the page of the log-in itself.
LOGIN_REDIRECT_URL = "admin:index"
AUTHENTICATION_BACKENDS = ["accounts.backend.LimitedBackend"]
SIGNUP_ENABLED = _env.signup_enabled
# Writes down what happens to accounts; see accounts/services/events.py.
EVENT_RECORDER = "jobs.services.events.event_record"
# Called before a user is deleted; each takes `user_id`.
USER_DETACHERS = ["jobs.services.clients.client_detach"]

# Failed log-ins, from one address and for one account, and sign-ups from one address.
LOGIN_RATE = _env.login_rate
TRUSTED_PROXIES = _env.trusted_proxies
METRICS_TOKEN = _env.metrics_token  # without it /metrics is closed

# Calls of one account that only read, those that write, and all calls from one address; None: any
# number. A limit costs each call a round trip to Redis.
RATE_LIMIT_READS = _env.rate_limit_reads
RATE_LIMIT_WRITES = _env.rate_limit_writes
RATE_LIMIT_ADDRESS = _env.rate_limit_address

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.CheckedTokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "scheduler.http.negotiation.Negotiation",
    # `?format=` is a parameter that no call takes, and no way to ask for another answer.
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "scheduler.http.exception_handler.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_METADATA_CLASS": "scheduler.http.options.NoMetadata",
    "DEFAULT_SCHEMA_CLASS": "scheduler.openapi.operation.Operation",
}

# Seconds for which each process keeps a checked token: a closed account may go on calling for that
# long. With 0 the user is read at every call.
TOKEN_CHECK_SECONDS = 5

# A session of the API ends after this many days, however often its tokens were exchanged.
SESSION_DAYS = _env.session_days

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=_env.access_token_minutes),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=_env.refresh_token_days),
    "AUTH_TOKEN_CLASSES": ("accounts.tokens.AccessToken",),
    "CHECK_REVOKE_TOKEN": True,  # tokens carry a fingerprint of the password
    # Of the library's own classes; accounts/token_backend.py signs with the keys below.
    "ALGORITHM": "HS256",
    "SIGNING_KEY": SECRET_KEY,
}
JWT_SIGNING_KEYS = _env.tokens.signing_keys
JWT_ISSUER = _env.tokens.issuer
JWT_AUDIENCE = _env.tokens.audience
# Whose tokens are accepted beside our own; None: nobody's.
OIDC = _env.tokens.outside

globals().update(mail_settings_of_url(_env.email))
DEFAULT_FROM_EMAIL = _env.default_from_email

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

UNFOLD = admin_theme.theme_settings(_env.jobs["JOBS_CELL"])

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "scheduler" / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# The front of several cells takes this off again; links, and the cookies of the admin, have it.
if _cell := _env.jobs["JOBS_CELL"]:
    FORCE_SCRIPT_NAME = f"/cells/{_cell}"
    SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"{FORCE_SCRIPT_NAME}/"

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _env.https_only
SECURE_SSL_REDIRECT = _env.https_only
SECURE_REDIRECT_EXEMPT = [r"^health"]  # probes speak plain HTTP to the container
SECURE_HSTS_SECONDS = 31_536_000 if _env.https_only else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _env.https_only
# Browsers ship the list of preloaded domains, and to get off it takes months: the operator decides.
SECURE_HSTS_PRELOAD = _env.https_only and _env.hsts_preload
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # asks for preloading
if _env.trusted_proxies:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGGING = logging_config(_env.log_level, _env.log_format)

JOBS_REDIS_URL = _env.redis_url
JOBS_METRICS_TOKEN = METRICS_TOKEN
globals().update(_env.jobs)
