"""Real HTTP servers: healthy, unhealthy and gone, and no error in their own logs from the way a probe hangs up."""
import os
import re
import signal
import socket
import subprocess
import sys

import pytest
from pid1 import KINGLET, until

BODY = '{"status": "UP", "parts": [{"name": "database", "connected": true}]}'
FASTAPI = """
from fastapi import FastAPI, Response
app = FastAPI()
@app.get("/health")
@app.head("/health")
def health():
    return {"status": "UP", "parts": [{"name": "database", "connected": True}]}
@app.get("/bad")
def bad(response: Response):
    response.status_code = 503
    return {"status": "DOWN"}
"""
FLASK = """
from flask import Flask
app = Flask(__name__)
@app.get("/health")
def health():
    return {"status": "UP", "parts": [{"name": "database", "connected": True}]}
@app.get("/bad")
def bad():
    return {"status": "DOWN"}, 503
"""
DJANGO = """
import sys
from django.conf import settings
from django.http import JsonResponse
from django.urls import path
settings.configure(ALLOWED_HOSTS=["127.0.0.1", "localhost"], ROOT_URLCONF=__name__, SECRET_KEY="x", DEBUG=False)
urlpatterns = [path("health", lambda r: JsonResponse({"status": "UP", "parts": [{"name": "database", "connected": True}]})),
               path("bad", lambda r: JsonResponse({"status": "DOWN"}, status=503))]
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
if __name__ == "__main__":
    execute_from_command_line(["app", "runserver", "--noreload", "127.0.0.1:" + sys.argv[1]])
else:
    application = get_wsgi_application()
"""
NODE = """
const http = require('http');
const server = http.createServer((request, response) => {
    const bad = request.url !== '/health';
    request.on('aborted', () => console.log('error: aborted'));
    response.on('error', e => console.log('error: ' + e));
    response.writeHead(bad ? 503 : 200, {'Content-Type': 'application/json'});
    response.end(bad ? '{"status":"DOWN"}' : BODY);
});
server.on('clientError', e => console.log('error: client ' + e));
server.listen(Number(process.argv[2]), '127.0.0.1');
""".replace("BODY", repr(BODY))
NGINX = """
daemon off; master_process off; pid FOLDER/pid; error_log FOLDER/error.log info; worker_processes 1;
events {}
http {
    access_log FOLDER/access.log;
    client_body_temp_path FOLDER/b; proxy_temp_path FOLDER/p; fastcgi_temp_path FOLDER/f; uwsgi_temp_path FOLDER/u; scgi_temp_path FOLDER/s;
    server {
        listen 127.0.0.1:PORT; listen unix:FOLDER/socket;
        location /health { default_type application/json; return 200 'BODY'; }
        location /bad { return 503; }
    }
}
""".replace("BODY", BODY)


def python(module, *argv):
    return [sys.executable, "-m", module, *argv]


SERVERS = {
    "nginx": ("nginx.conf", NGINX, lambda port: ["nginx", "-p", "FOLDER", "-e", "FOLDER/error.log", "-c", "FOLDER/nginx.conf"]),
    "uvicorn and FastAPI": ("app.py", FASTAPI, lambda port: python("uvicorn", "app:app", "--host", "127.0.0.1", "--port", str(port))),
    "gunicorn and Flask": ("app.py", FLASK, lambda port: python("gunicorn", "-b", f"127.0.0.1:{port}", "--access-logfile", "-", "app:app")),
    "gunicorn and Django": ("app.py", DJANGO, lambda port: python("gunicorn", "-b", f"127.0.0.1:{port}", "app:application")),
    "Flask": ("app.py", FLASK, lambda port: python("flask", "--app", "app", "run", "--host", "127.0.0.1", "--port", str(port))),
    "Django": ("app.py", DJANGO, lambda port: [sys.executable, "app.py", str(port)]),
    "node": ("app.js", NODE, lambda port: ["node", "app.js", str(port)]),
}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def check(*argv):
    p = subprocess.run([KINGLET, "check", *argv], capture_output=True, text=True, timeout=60, check=False)
    assert p.stderr == "" and p.stdout.count("\n") == 1, p
    print(p.returncode, p.stdout.rstrip("\n"))
    return p.returncode, p.stdout


@pytest.mark.parametrize("name", SERVERS)
def test_server(name, tmp_path):
    file, source, command = SERVERS[name]
    port = free_port()
    url = f"http://localhost:{port}"

    def fill(text):
        return text.replace("FOLDER", str(tmp_path)).replace("PORT", str(port))

    (tmp_path / file).write_text(fill(source))
    with open(tmp_path / "log", "w", encoding="utf-8") as log:
        server = subprocess.Popen([fill(a) for a in command(port)], cwd=tmp_path, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                  env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"})
    try:
        assert check("--wait", "40s", f"tcp://127.0.0.1:{port}")[0] == 0, (tmp_path / "log").read_text()
        status, line = check("-t", "10s", f"{url}/health")
        assert status == 0 and re.fullmatch(rf"healthy: {url}/health: 200 in [\d.]+ (us|ms|s)\n", line)
        status, line = check("-t", "10s", f"{url}/bad")
        assert status == 1 and re.fullmatch(rf"unhealthy: {url}/bad: 503 in [\d.]+ (us|ms|s)\n", line)
        assert check("-t", "10s", "--status", "503", f"{url}/bad")[0] == 0
        assert check("-t", "10s", "-X", "HEAD", f"{url}/health")[0] == 0
        assert check("-t", "10s", "--body", "database", "--json", "status=UP", "--json", "parts.0.connected=true", f"{url}/health")[0] == 0
        status, line = check("-t", "10s", "--json", "parts.0.connected=false", f"{url}/health")
        assert status == 1 and "200, but parts.0.connected is not false in " in line
        for _ in range(20):
            assert check("-t", "10s", f"{url}/health")[0] == 0
        if name == "nginx":
            assert check(f"http+unix://{tmp_path}/socket:/health")[0] == 0
            status, line = check(f"http+unix://{tmp_path}/socket:/bad")
            assert status == 1 and "503" in line
        assert server.poll() is None
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
    until(lambda: check(f"{url}/health")[0] == 1)
    status, line = check(f"{url}/health")
    assert status == 1 and line == f"unhealthy: {url}/health: connection refused (127.0.0.1, ::1)\n"
    logs = "".join((tmp_path / f).read_text() for f in ("log", "error.log", "access.log") if (tmp_path / f).exists())
    wrong = [line for line in logs.splitlines() if re.search(r"(?i)traceback|\berror\b|exception|reset|broken pipe|abort|\b499\b|closed prematurely", line)
             and not re.search(r"Service Unavailable|WARNING: This is a development server", line)]
    assert not wrong, logs
    if name == "nginx":
        assert logs.count('"GET /health HTTP/1.1" 200') >= 22
