"""The calls about jobs: parse, call one service or selector, render."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model, OuterRef, QuerySet, Subquery
from rest_framework import status
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from jobs.api.pagination import Cursor, page_of
from jobs.api.parsers import StorableJSONParser
from jobs.api.refusals import RefusalMixin
from jobs.api.representations import (
    DeadLetterRepresentation,
    JobReceipt,
    JobRepresentation,
    job_path,
)
from jobs.api.serializers import ANY, WAITING, DeadLetterQuery, JobQuery, JobSubmission, PageQuery
from jobs.ids import uuid7_floor
from jobs.models import DeadLetter, Job
from jobs.selectors import dead_letters_visible_to, jobs_visible_to
from jobs.services.dead_letters import dead_letter_replay
from jobs.services.enqueue import job_enqueue
