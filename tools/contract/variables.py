"""The variables of the service that is called: as in production, with room for many calls."""

METRICS_TOKEN = "of-a-service-that-nobody-measures"  # noqa: S105
HTTP_HOST = "service.example.com"

VARIABLES = {
    "ENVIRONMENT": "production",
    "DJANGO_SETTINGS_MODULE": "tools.contract.settings",
    "SECRET_KEY": "of-a-service-that-lives-for-minutes-and-has-no-real-users",
    "ALLOWED_HOSTS": "127.0.0.1",
    "HTTPS_ONLY": "false",
    "SIGNUP_ENABLED": "true",
    # Wrong passwords are part of what is sent: their limit would soon be all that is answered.
    "LOGIN_RATE": "1000000/s",
    "ACCESS_TOKEN_MINUTES": "600",
    "METRICS_TOKEN": METRICS_TOKEN,
    "EMAIL_URL": "dummymail://",
    "JOBS_HTTP_ALLOWED_HOSTS": HTTP_HOST,
}
