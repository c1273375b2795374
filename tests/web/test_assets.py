import gzip
import re

import httpx
import pytest

from geo_service.web.assets import static_address, static_folder


def test_address_changes_with_the_content() -> None:
    assert re.fullmatch(r"/static/css/pages\.css\?v=[0-9a-f]{12}", static_address("css/pages.css"))
    assert static_address("css/none.css") == "/static/css/none.css"


def test_hashed_address_is_kept_for_good_others_are_checked(client: httpx.Client) -> None:
    assert "immutable" in client.get(static_address("js/geo-map.js")).headers["cache-control"]
    assert "must-revalidate" in client.get("/static/js/geo-map.js").headers["cache-control"]
    assert "must-revalidate" in client.get("/static/js/geo-map.js?v=old").headers["cache-control"]


def test_files_leave_compressed_for_those_who_can(client: httpx.Client) -> None:
    plain = client.get("/static/js/geo-map.js", headers={"accept-encoding": "identity"})
    packed = client.get("/static/js/geo-map.js", headers={"accept-encoding": "gzip"})
    assert plain.content == packed.content == (static_folder() / "js" / "geo-map.js").read_bytes()
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(gzip.compress(plain.content, 1)) + 100
    assert packed.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/static/../routes.py", "/static/%2e%2e/routes.py", "/static/none.js"])
def test_nothing_else_is_served(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_own_files_name_no_other_host() -> None:
    own = [path for path in static_folder().rglob("*") if path.is_file() and "vendor" not in path.parts]
    assert len(own) > 5
    for path in own:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://", text), path


def test_all_weights_of_the_first_view_are_loaded_at_once_and_nothing_jumps(client: httpx.Client) -> None:
    """Headings are Medium: a weight that comes late stays in another face, for none is swapped in later."""
    style = (static_folder() / "css" / "pages.css").read_text(encoding="utf-8")
    faces = re.findall(r"@font-face \{[^}]*\}", style)
    used = {name for face in faces for name in re.findall(r"([\w-]+\.woff2)", face)}
    page = client.get("/", headers={"accept": "text/html"}).text
    loaded = set(re.findall(r'rel="preload" as="font"[^>]* href="[^"]*/([\w-]+\.woff2)"', page))
    assert len(used) == 3
    assert loaded == used
    assert all("font-display: optional" in face for face in faces)
