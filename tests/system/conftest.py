"""Every test has a watchdog, and what was compiled for the tests is removed at the end."""
import os
import shutil
import tempfile

import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(120))


def pytest_sessionfinish():
    shutil.rmtree(os.path.join(tempfile.gettempdir(), f"kinglet-tests-{os.getpid()}"), ignore_errors=True)
