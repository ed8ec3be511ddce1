"""Which admin the pages are built on: django-unfold where it is installed, else Django's own."""

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import admin

IS_THEMED = apps.is_installed("unfold")

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
elif IS_THEMED:
    from unfold.admin import ModelAdmin, TabularInline
else:
    ModelAdmin, TabularInline = admin.ModelAdmin, admin.TabularInline

__all__ = ["IS_THEMED", "ModelAdmin", "TabularInline"]
