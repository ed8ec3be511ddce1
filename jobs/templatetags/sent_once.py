"""What tells one sending of a form from another: `{% sent_once %}` within the form."""

from secrets import token_urlsafe

from django import template
from django.utils.html import format_html

register = template.Library()

FIELD = "sent_once"


@register.simple_tag
def sent_once() -> str:
    """A hidden field with a text that no other form has, nor this one on another page load."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, token_urlsafe(16))
