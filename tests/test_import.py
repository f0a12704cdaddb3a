"""What `import pipeline` costs: next to nothing, and no look at the network."""

import subprocess
import sys

PROBE = """
import sys, time
asked = []
sys.addaudithook(lambda event, _: asked.append(event) if event.startswith("socket.") else None)
started = time.process_time()
import pipeline
seconds = time.process_time() - started
import pipeline.cli, pipeline.engine
print(seconds, asked)
"""


def test_import_is_quick_and_offline(root):
    best = 1.0
    for _ in range(3):
        out = subprocess.run(
            [sys.executable, "-c", PROBE], cwd=root, capture_output=True, text=True, check=True
        )
        seconds, asked = out.stdout.split(maxsplit=1)
        assert asked.strip() == "[]"
        best = min(best, float(seconds))
    assert best < 0.15


def test_asking_nobody_imports_no_sdk(root):
    probe = "import pipeline.cli, pipeline.engine, sys; print({'openai', 'dashscope', 'aiohttp'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", probe], cwd=root, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
