"""The WSGI application that gunicorn serves."""

import io
import os

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from jobs.sql.own_session import own_sessions_of_process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler.settings")

application = get_wsgi_application()
own_sessions_of_process()
# A server must not start with settings that manage.py would refuse. `check` raises what is wrong;
# its output would only say that nothing is.
call_command("check", stdout=io.StringIO())
