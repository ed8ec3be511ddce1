"""The job types this app ships: importing a handler registers it."""

from jobs.handlers.email.send_email import send_email
from jobs.handlers.http_request.http_request import http_request
from jobs.handlers.welcome import send_welcome_email

__all__ = ["http_request", "send_email", "send_welcome_email"]
