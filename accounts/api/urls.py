"""Paths of sign-up and tokens."""

from django.urls import path, re_path

from accounts.api import views
from accounts.api.token_view import TokenView

urlpatterns = [
    path(".well-known/jwks.json", views.JwksView.as_view(), name="jwks"),
    re_path(r"^signup/?$", views.SignUpView.as_view(), name="signup"),
    re_path(r"^login/?$", views.LoginView.as_view(), name="login"),
    re_path(r"^token/?$", TokenView.as_view(), name="token"),
    re_path(r"^refreshToken/?$", views.RefreshTokenView.as_view(), name="refresh-token"),
    re_path(r"^logout/?$", views.LogoutView.as_view(), name="logout"),
    re_path(
        r"^logoutEverywhere/?$", views.LogoutEverywhereView.as_view(), name="logout-everywhere"
    ),
]
