"""The WSGI application that gunicorn serves."""

import io
import os

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler.settings")

application = get_wsgi_application()
# manage.py checks before it does anything; a server must not start with settings it would refuse.
# It raises what is wrong; that nothing is needs no line.
call_command("check", stdout=io.StringIO())
