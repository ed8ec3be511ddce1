"""Paths of sign-up and tokens."""

from django.urls import re_path

from accounts.api.views import LoginView, LogoutView, RefreshTokenView, SignUpView

urlpatterns = [
    re_path(r"^signup/?$", SignUpView.as_view(), name="signup"),
    re_path(r"^login/?$", LoginView.as_view(), name="login"),
    re_path(r"^refreshToken/?$", RefreshTokenView.as_view(), name="refresh-token"),
    re_path(r"^logout/?$", LogoutView.as_view(), name="logout"),
]
