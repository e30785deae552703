"""Pages and what they are made of: under a strict policy, and fetched again only when they change."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from collab.web.pages import page_routes


@pytest.fixture
def plain_asgi() -> bool:
    return False


@pytest.mark.parametrize("path", ["/", "/activity", "/d/anything", "/static/client/units.js"])
async def test_pages_come_with_a_strict_policy(http: httpx.AsyncClient, path: str) -> None:
    response = await http.get(path)
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-cache"
    assert "server" not in response.headers


async def test_what_a_page_is_made_of_is_fetched_once_and_under_another_address_when_it_changes(
    tmp_path: Path,
) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "index.html").write_text(
        '<script type="module" src="static/pages/index.js"></script>'
    )
    script = tmp_path / "pages" / "index.js"
    script.write_text("// one" + " " * 1000)
    app = Starlette(routes=page_routes(tmp_path))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        page = await http.get("/")
        assert page.headers["cache-control"] == "no-cache"
        assert (await http.get("/", headers={"If-None-Match": page.headers["etag"]})).status_code == 304
        (address,) = re.findall(r'src="(static-[0-9a-f]{16}/pages/index\.js)"', page.text)
        first = await http.get(f"/{address}")
        assert first.text.startswith("// one")
        assert "immutable" in first.headers["cache-control"]
        assert first.headers["content-encoding"] == "gzip"

        script.write_text("// two, which is longer" + " " * 1000)
        # For whoever still has the page of before.
        late = await http.get(f"/{address}")
        assert (late.text[:6], late.headers["cache-control"]) == ("// two", "no-cache")
        again = await http.get("/", headers={"If-None-Match": page.headers["etag"]})
        assert again.status_code == 200
        assert address not in again.text
        assert (await http.get(f"/{address}")).headers["cache-control"] == "no-cache"
        plain = await http.get("/static/pages/index.js", headers={"Accept-Encoding": "identity"})
        assert (plain.text[:6], plain.headers["cache-control"]) == ("// two", "no-cache")
        assert "content-encoding" not in plain.headers


@pytest.mark.parametrize(
    "path",
    [
        *("/static/../pyproject.toml", "/static/%2e%2e/pyproject.toml"),
        *("/static-0/../pyproject.toml", "/static-0/%2e%2e/pyproject.toml", "/static-0/nothing.js"),
        "/nowhere",
    ],
)
async def test_nothing_else_is_served(http: httpx.AsyncClient, path: str) -> None:
    response = await http.get(path)
    assert response.status_code == 404
    assert response.headers["content-security-policy"]
