"""Users in the admin, as Django shows them."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

# Registers its models when it is imported, which has to come before they are unregistered.
from rest_framework_simplejwt.token_blacklist import admin as _  # noqa: F401
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts.models import User

admin.site.register(User, UserAdmin)

# Their pages show whole refresh tokens: a person who reads one can act as its user.
admin.site.unregister([OutstandingToken, BlacklistedToken])
