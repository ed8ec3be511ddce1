"""What staff decide about a service account, as a form."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import ServiceAccount, User
from accounts.scopes import SCOPES

if TYPE_CHECKING:
    _ServiceAccountForm = forms.ModelForm[ServiceAccount]
else:
    _ServiceAccountForm = forms.ModelForm


class NamesField(forms.CharField):
    """Names, one a line."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 60})

    def prepare_value(self, value: Any) -> Any:
        """Lines of the stored list."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The list; each name once."""
        lines = [line.strip() for line in str(value or "").splitlines()]
        return list(dict.fromkeys(line for line in lines if line))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the list is another."""
        return bool((initial or []) != self.to_python(data))


class ServiceAccountForm(_ServiceAccountForm):
    """What staff decide about a service account."""

    name = forms.CharField(max_length=150, help_text="The name of its user, and of its jobs.")
    is_active = forms.BooleanField(
        label="Active",
        required=False,
        initial=True,
        help_text="Without it the account gets no token, and those that it has are refused.",
    )
    scopes = forms.MultipleChoiceField(
        choices=[(one.name, f"{one.name}: {one.does}") for one in SCOPES.values()],
        widget=forms.CheckboxSelectMultiple,
        help_text="The most that its tokens may hold. Permissions are given to its user.",
    )
    job_types = NamesField(required=False, help_text="It may submit these, one a line; none: any.")
    queues = NamesField(required=False, help_text="It may submit to these, one a line; none: any.")

    class Meta:
        model = ServiceAccount
        fields = ("scopes", "job_types", "queues", "reads", "writes")
        help_texts = {
            "reads": "Calls that it may make, as 100/min; empty: as every account.",
            "writes": "Calls that change something, as 100/min; empty: as every account.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.fields["name"].disabled = True
            self.initial["name"] = str(self.instance)
            self.initial["is_active"] = self.instance.user.is_active

    def clean_name(self) -> str:
        """The name; raises ValidationError for one that is taken, or is none."""
        name: str = User.normalize_username(self.cleaned_data["name"])
        if self.instance.pk is None:
            user = User(username=name)
            try:
                user.clean_fields(exclude=["password"])
                user.clean()
                user.validate_unique()
            except ValidationError as error:
                raise ValidationError(error.messages) from error
        return name
