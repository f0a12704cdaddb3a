"""annotations/compose.yaml as it runs for a team, without containers: PostgreSQL behind it, TLS before it, log-ins."""

from __future__ import annotations

import os
import shutil
import ssl
import tempfile
from pathlib import Path

import httpx
import pytest
from services import team_server
from services.label_studio import PROGRAM

from pipeline.core.ports import HOST

OWNER, PASSWORD = "owner@example.org", "owner-password"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(not PROGRAM.exists(), reason="Label Studio is not installed"),
    pytest.mark.skipif(team_server.postgres_programs() is None, reason="PostgreSQL is not installed"),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
    pytest.mark.skipif(
        not os.environ.get("VALACT_TEAM_SERVER"),
        reason="it builds a whole database, a minute of processor time: VALACT_TEAM_SERVER=1 runs it",
    ),
]


@pytest.fixture
def folder():
    """A folder that PostgreSQL's user may enter, which pytest's own are not."""
    made = Path(tempfile.mkdtemp(prefix="valact-team-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def log_in(web: httpx.Client, origin: str) -> httpx.Response:
    web.cookies.clear()
    page = web.get("/user/login/")
    assert page.status_code == 200
    token = next(one for one in web.cookies.jar if one.name == "csrftoken")
    form = {"email": OWNER, "password": PASSWORD, "csrfmiddlewaretoken": token.value}
    return web.post("/user/login/", data=form, headers={"Origin": origin, "Referer": f"{origin}/user/login/"})


def test_log_in_through_tls_and_work_in_postgresql(folder):
    outside = team_server.free_port()
    address = f"https://{HOST}:{outside}"
    cert = team_server.certificate(folder)
    given = {"LABEL_STUDIO_HOST": address, "POSTGRES_PASSWORD": "database-password"}
    given |= {"LABEL_STUDIO_USERNAME": OWNER, "LABEL_STUDIO_PASSWORD": PASSWORD}
    with (
        team_server.postgres(folder) as database,
        team_server.label_studio(folder / "files", team_server.environment(database, **given)) as inside,
        team_server.tls_proxy(cert, outside, inside),
        httpx.Client(
            base_url=address, verify=ssl.create_default_context(cafile=cert), trust_env=False, timeout=120
        ) as web,
    ):
        # A page of others cannot log anybody in; the server's own can.
        assert log_in(web, "https://elsewhere.example").status_code == 403
        assert log_in(web, address).status_code == 302
        session = next(one for one in web.cookies.jar if one.name == "sessionid")
        assert session.secure, "the session is for TLS alone"
        assert web.get("/api/current-user/whoami").json()["email"] == OWNER
        token = next(one for one in web.cookies.jar if one.name == "csrftoken").value
        made = web.post(
            "/api/projects",
            json={"title": "From outside", "maximum_annotations": 3},
            headers={"X-CSRFToken": token, "Origin": address, "Referer": address},
        )
        assert made.status_code == 201, made.text
        assert made.json()["maximum_annotations"] == 3
        invited = web.get("/api/invite").json()["invite_url"]
        web.cookies.clear()  # whoever is invited is nobody yet
        assert web.get(invited).status_code == 200
        # Nothing is in a file that PostgreSQL should have.
        assert "label_studio.sqlite3" not in {path.name for path in (folder / "files").rglob("*")}
