"""The web app's files, from a folder as the build makes it."""

import gzip
from pathlib import Path

import pytest
from servers.site import Opening, Site
from yarl import URL


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>The app</title>")
    (folder / "icon.svg").write_text("<svg/>")
    (folder / "assets" / "app-1a2b.js").write_text("console.log(1)")
    (folder / "assets" / "app-1a2b.js.gz").write_bytes(gzip.compress(b"console.log(1)"))
    (folder / "assets" / "font-3c.woff2").write_bytes(b"wOF2")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


async def test_the_app_answers_for_its_own_pages(opening: Opening, built: Path) -> None:
    async with opening(static=built) as site:
        for path in ("/", "/sign-in", "/runs/run_1", "/settings"):
            async with site.http.get(f"{site.url}{path}") as reply:
                assert reply.status == 200
                assert "The app" in await reply.text()
                assert reply.headers["Cache-Control"] == "no-cache"
                assert reply.content_type == "text/html"


async def test_files_have_types_and_lives(opening: Opening, built: Path) -> None:
    for_ever = "public, max-age=31536000, immutable"
    async with opening(static=built) as site:
        for path, media_type, life in (
            ("/assets/app-1a2b.js", "text/javascript", for_ever),
            ("/assets/font-3c.woff2", "font/woff2", for_ever),
            ("/icon.svg", "image/svg+xml", "no-cache"),
        ):
            async with site.http.get(f"{site.url}{path}") as reply:
                assert (reply.status, reply.content_type, reply.headers["Cache-Control"]) == (200, media_type, life)


async def test_what_is_packed_is_sent_packed(opening: Opening, built: Path) -> None:
    async with opening(static=built) as site:
        tags = set()
        for accepted, encoding in (("gzip, deflate", "gzip"), ("identity", None)):
            url = f"{site.url}/assets/app-1a2b.js"
            async with site.http.get(url, headers={"Accept-Encoding": accepted}) as reply:
                assert reply.headers.get("Content-Encoding") == encoding
                assert reply.headers["Vary"] == "Accept-Encoding"
                assert await reply.text() == "console.log(1)"
                tags.add(reply.headers["ETag"])
        assert len(tags) == 2


async def test_what_is_known_is_not_sent_again(opening: Opening, built: Path) -> None:
    async with opening(static=built) as site:
        async with site.http.get(f"{site.url}/icon.svg") as reply:
            tag = reply.headers["ETag"]
        async with site.http.get(f"{site.url}/icon.svg", headers={"If-None-Match": tag}) as reply:
            assert (reply.status, await reply.read()) == (304, b"")
        async with site.http.head(f"{site.url}/icon.svg") as reply:
            assert (reply.status, reply.headers["Content-Length"]) == (200, "6")


async def test_nothing_else_is_sent(opening: Opening, built: Path) -> None:
    paths = ("/nope.js", "/assets/nope.css", "/link.txt", "/..%2fsecret.txt", "/assets/..%2f..%2fsecret.txt", "/%00.js")
    async with opening(static=built) as site:
        for path in (*paths, "//etc/hosts.txt"):
            async with site.http.get(URL(f"{site.url}{path}", encoded=True)) as reply:
                assert reply.status == 404, path
                assert "secret" not in await reply.text()


async def test_before_the_app_is_built_the_page_says_what_to_do(site: Site) -> None:
    async with site.http.get(f"{site.url}/") as reply:
        text = await reply.text()
        assert reply.status == 200
        assert text.count("./run web") == 2
        assert 'lang="fr"' in text
