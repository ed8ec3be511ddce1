"""The job types this app ships: importing a handler registers it."""

from jobs.handlers.email.send_email import send_email
from jobs.handlers.welcome import send_welcome_email

__all__ = ["send_email", "send_welcome_email"]
