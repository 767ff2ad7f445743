"""example.Greeter/Greet and grpc.health.v1.Health/Check, on messages as bytes: so small a service needs no generated code."""
import os
import signal
import threading
from concurrent import futures

import grpc

SERVING, NOT_SERVING = b"\x08\x01", b"\x08\x02"  # HealthCheckResponse: field 1, an enum
KNOWN = (b"", b"\x0a\x0fexample.Greeter")  # HealthCheckRequest: field 1, the service's name
stop = threading.Event()


def check(request, context):
    if request not in KNOWN:
        context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
    return NOT_SERVING if stop.is_set() else SERVING


def greet(request, context):
    return os.environ["GREETING"].encode() + b", " + request


def service(name, **methods):
    handlers = {method: grpc.unary_unary_rpc_method_handler(handler) for method, handler in methods.items()}
    return grpc.method_handlers_generic_handler(name, handlers)


server = grpc.server(futures.ThreadPoolExecutor(4))
server.add_generic_rpc_handlers((service("grpc.health.v1.Health", Check=check), service("example.Greeter", Greet=greet)))
server.add_insecure_port(f"0.0.0.0:{os.environ['PORT']}")
signal.signal(signal.SIGTERM, lambda *_: stop.set())
server.start()
stop.wait()
server.stop(grace=5).wait()
