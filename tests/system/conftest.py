"""Every test has a watchdog and starts from default signals, and what was compiled for the tests is removed at the end."""
import ctypes
import os
import shutil
import signal
import tempfile

import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(120))


def pytest_sessionstart():
    """Whoever runs the tests may ignore or block signals, and PROGRAM gets that as it came. The C library lets nobody near the first
    two real-time ones, so this is the system call itself, with a zeroed struct sigaction (rt_sigaction(2))."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in range(1, 32):  # SIGPIPE and SIGXFSZ are Python's own doing, which it undoes for its children
        if signal.getsignal(number) == signal.SIG_IGN and number not in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    rt_sigaction = {"x86_64": 13}.get(os.uname().machine, 134)
    for number in range(32, 65):
        ctypes.CDLL(None).syscall(rt_sigaction, number, bytes(64), None, ctypes.c_size_t(8))


def pytest_sessionfinish():
    shutil.rmtree(os.path.join(tempfile.gettempdir(), f"kinglet-tests-{os.getpid()}"), ignore_errors=True)
