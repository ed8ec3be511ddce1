"""The version's own settings, and the job types that are measured."""

from scheduler import settings as _base

globals().update({name: value for name, value in vars(_base).items() if name.isupper()})

INSTALLED_APPS = [*_base.INSTALLED_APPS, "against_app"]
AGAINST_URLCONF = _base.ROOT_URLCONF
ROOT_URLCONF = "against_app.urls"

# As in production: while debugging, Django keeps every statement it has run.
DEBUG = False
# The load comes over plain HTTP from this machine.
ALLOWED_HOSTS = ["127.0.0.1"]
SECURE_SSL_REDIRECT = False
