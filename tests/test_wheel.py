"""What people install: the wheel alone, in an empty environment, serves the pages."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

PROJECT = Path(__file__).parent.parent


async def run(*command: str | Path, cwd: Path | None = None) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


@pytest.mark.parametrize(
    "path", ["/", "/activity", "/d/notes", "/static/client/index.js", "/static/vendor/codemirror.js"]
)
async def test_an_installed_wheel_serves_its_pages(installed: Path, path: str) -> None:
    process = await asyncio.create_subprocess_exec(
        installed / "bin" / "collab",
        *("serve", "--port", "0", "--db", installed / "log.db"),
        cwd=installed,
        env={"PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            found = re.search(r"http://\S+:\d+", (await process.stdout.readline()).decode())
        assert found is not None
        with await asyncio.to_thread(urlopen, found[0] + path, timeout=10) as response:
            assert response.status == 200
            assert len(response.read()) > 100
    finally:
        process.terminate()
        assert await process.wait() in (0, -15)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with nothing but the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("wheel")

    async def install() -> None:
        await run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, PROJECT)
        await run(sys.executable, "-m", "venv", folder / "env")
        pip = folder / "env" / "bin" / "python"
        await run(pip, "-m", "pip", "install", "--quiet", *folder.glob("*.whl"))

    asyncio.run(install())
    return folder / "env"
