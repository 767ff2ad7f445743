import os


def app(environ, start_response):
    body = b"ok\n" if environ["PATH_INFO"] == "/health" else f"{os.environ['GREETING']} from worker {os.getpid()}\n".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
