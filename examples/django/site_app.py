"""A Django site in one file; `application` is what gunicorn serves."""
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path

settings.configure(
    SECRET_KEY=os.environ["SECRET_KEY"],
    ALLOWED_HOSTS=["localhost", *os.environ["ALLOWED_HOSTS"].split(",")],  # the probe asks for localhost
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
)

urlpatterns = [
    path("health/", lambda request: JsonResponse({"status": "ok"})),
    path("", lambda request: JsonResponse({"host": request.get_host()})),
]
application = get_wsgi_application()
