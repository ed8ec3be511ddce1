"""Faults of the mail server."""

from tools.chaos.fault import Fault
from tools.chaos.run import Missed, Run

REFUSED_SHARE = 0.3
DROPPED_SHARE = 0.1


def _refuse(run: Run) -> None:
    mail = run.world.mail
    before = len(mail.refusals)
    mail.refused_share = REFUSED_SHARE
    run.wait_until_done(1.0)
    refusals = mail.refusals[before:]
    if len(refusals) < 0.1 * run.wanted:
        raise Missed(f"only {len(refusals)} mails were refused")
    run.notes.append(f"{len(refusals)} refusals, each retried")
    run.fault_is_over(refusals[-1])


def _drop(run: Run) -> None:
    mail = run.world.mail
    before = len(mail.mails)
    mail.dropped_share = DROPPED_SHARE
    run.wait_until_done(1.0)
    dropped = [one for one in mail.mails[before:] if one.dropped]
    if not dropped:
        raise Missed("no connection was dropped")
    run.note_dropped_mails()
    taken = sum(one.taken for one in dropped)
    run.notes.append(f"{len(dropped)} connections dropped; {taken} of the mails had been taken")
    run.fault_is_over(dropped[-1].at)


SMTP_REFUSES = Fault("smtp-451", "SMTP refuses 30 % (451)", _refuse)
SMTP_DROPS = Fault("smtp-drop", "SMTP drops the connection after the body", _drop)
