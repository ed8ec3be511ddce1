"""The settings of the service that is called: the product's. Log-ins are many, and may be cheap."""

from scheduler.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
