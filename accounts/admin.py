"""Users in the admin, as Django shows them."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

# Registers its models when it is imported, which has to come before taking them out again.
from rest_framework_simplejwt.token_blacklist import admin as _  # noqa: F401
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts.models import User

admin.site.register(User, UserAdmin)

# Their pages show whole refresh tokens: whoever reads one can act as its user.
admin.site.unregister([OutstandingToken, BlacklistedToken])
