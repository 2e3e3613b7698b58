"""How a service ends."""

import signal
import subprocess
import sys

DEAF = """
import threading, time
from services.operations.service import Stopping
turned = []
stopping = Stopping(lambda: turned.append(1), second_ends=True)
assert not stopping() and not stopping.wait(0) and len(turned) == 2
assert not stopping.is_asked() and len(turned) == 2
beside = threading.Thread(target=stopping)
beside.start()
beside.join()
assert len(turned) == 2
print("waiting", flush=True)
while not stopping():
    time.sleep(0.01)
print("asked", flush=True)
time.sleep(60)
"""


def test_second_signal_ends_at_once() -> None:
    """Whoever loses patience must not need to know kill -9; the first signal is still a polite one.

    Before: only the main thread's asking is a sign of life, or a thread beside it would hide that it is stuck.
    """
    with subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "asked\n"
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == -signal.SIGTERM
