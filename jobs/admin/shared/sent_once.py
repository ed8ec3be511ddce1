"""A form is applied once, however often it is sent: by a double click, or again after going back.

`jobs/once.js` keeps a browser from sending it twice; this holds where no script runs.
"""

from django.contrib import messages
from django.http import HttpRequest

from jobs.admin.shared.theme import ModelAdmin
from jobs.core.call_key import CallInProgress, CallKeyReused
from jobs.services.stored_answers import Answer, Call, call_answer_once
from jobs.templatetags.sent_once import FIELD

# Of a text that a form carries; any longer one is none of ours.
_TOKEN_MAX = 64
_SAID = "That form had been sent before, so nothing was done this time. What it did is shown here."


def was_sent_before(model_admin: ModelAdmin, request: HttpRequest) -> bool:
    """Whether the form was sent before, which the person is told; from now on it was.

    Called once all that the form says is right, before anything is done. What fails after that is
    asked for on a new page. A form without the field may be sent any number of times.
    """
    token = request.POST.get(FIELD, "").replace("\x00", "")[:_TOKEN_MAX]
    if not token:
        return False
    route = f"admin.{model_admin.opts.model_name}"
    call = Call(key=f"{request.user.pk}:{route}:{token}", fingerprint="")
    try:
        is_first = not call_answer_once(call=call, work=lambda: Answer(200, {}, "")).is_replayed
    except (CallInProgress, CallKeyReused):
        is_first = False
    if not is_first:
        model_admin.message_user(request, _SAID, messages.WARNING)
    return not is_first
