"""Tables and columns of a state of the models, as migrations build it."""

from typing import Any

from django.db import models
from django.db.migrations.state import ModelState, ProjectState

AnyField = Any  # a field that is not bound to a model


class Tables:
    """What one state has. Taken of the released version, it is what that version uses."""

    def __init__(self, state: ProjectState) -> None:
        # Of a copy: migrations change the models of a state in place.
        self._models = {
            table_of(model): model
            for model in state.clone().models.values()
            if model.options.get("managed", True) and not model.options.get("proxy")
        }

    def has(self, table: str) -> bool:
        """Whether there is a table of that name, with or without its schema."""
        return bare(table) in self._models

    def has_column(self, table: str, column: str) -> bool:
        """Whether that table has that column."""
        return self.field(table, column) is not None

    def field(self, table: str, column: str) -> AnyField | None:
        """The field whose column it is."""
        model = self._models.get(bare(table))
        fields = model.fields.items() if model else ()
        return next((one for name, one in fields if column_of(name, one) == column), None)

    def index_names(self) -> set[str]:
        """The names of all indexes and constraints that the models have."""
        named = (
            one.name
            for model in self._models.values()
            for kind in ("indexes", "constraints")
            for one in model.options.get(kind, ())
        )
        return set(named)

    def unique_names(self, table: str) -> set[str]:
        """The names of the unique constraints of that table."""
        model = self._models.get(bare(table))
        found = model.options.get("constraints", ()) if model else ()
        return {one.name for one in found if isinstance(one, models.UniqueConstraint)}


def table_of(model: ModelState) -> str:
    """The name of its table."""
    return str(model.options.get("db_table") or f"{model.app_label}_{model.name_lower}").strip('"')


def column_of(name: str, field: AnyField) -> str:
    """The name of its column; of a field that is not bound to a model."""
    is_reference = isinstance(field, models.ForeignKey)
    return field.db_column or (f"{name}_id" if is_reference else name)


def model_of(state: ProjectState, app_label: str, name: str) -> ModelState:
    """The model of that name."""
    found: ModelState = state.models[app_label, name.lower()]
    return found


def referred_table(state: ProjectState, app_label: str, field: AnyField) -> str | None:
    """The table that a new foreign key constraint would lock; None without a constraint."""
    if not isinstance(field, models.ForeignKey) or not getattr(field, "db_constraint", True):
        return None
    named = field.remote_field.model
    name = named if isinstance(named, str) else named._meta.label_lower
    app, _, model = name.rpartition(".")
    found = state.models.get((app or app_label, model.lower()))
    return table_of(found) if found else None


def bare(table: str) -> str:
    """The name as SQL has it, without its schema and quotation marks."""
    return table.replace('"', "").rpartition(".")[2]
