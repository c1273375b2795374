"""Copy the styles and scripts that pages and maps use from node_modules to the folder that is served.

Called by ``script/setup`` after ``npm ci``. A file keeps its path:
``node_modules/leaflet/dist/leaflet.js`` is served as ``static/vendor/leaflet/dist/leaflet.js``.
To use another file, add it to the table; to use another package, ``npm install`` it besides.
"""

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "geo_service" / "web" / "static" / "vendor"

ASSETS: dict[str, list[str]] = {
    # package: files (patterns), the licence last
    "@kern-ux/native": [
        "dist/kern.min.css",
        "dist/fonts/fira-sans/FiraSans-Regular.woff2",
        "dist/fonts/fira-sans/FiraSans-Medium.woff2",
        "dist/fonts/fira-sans/FiraSans-SemiBold.woff2",
        "LICENSE.md",
    ],
    "htmx.org": ["dist/htmx.min.js", "LICENSE"],
    "leaflet": ["dist/leaflet.js", "dist/leaflet.css", "dist/images/*.png", "LICENSE"],
    "leaflet-search": [
        "dist/leaflet-search.min.js",
        "dist/leaflet-search.min.css",
        "images/search-icon.png",
        "images/loader.gif",
        "license.txt",
    ],
    "leaflet.fullscreen": [
        "Control.FullScreen.js",
        "Control.FullScreen.css",
        "icon-fullscreen.svg",
        "LICENSE.md",
    ],
    "leaflet.markercluster": [
        "dist/leaflet.markercluster.js",
        "dist/MarkerCluster.css",
        "dist/MarkerCluster.Default.css",
        "MIT-LICENCE.txt",
    ],
    "protomaps-leaflet": ["dist/protomaps-leaflet.js", "LICENSE"],
    "swagger-ui-dist": [
        "swagger-ui-bundle.js",
        "swagger-ui.css",
        "favicon-32x32.png",
        "NOTICE",
        "LICENSE",
    ],
}


def copy_assets(modules: Path, vendor: Path) -> int:
    """Fill a new folder and put it in the place of the old one; return the number of files.

    Raises
    ------
    FileNotFoundError
        When a pattern of the table finds nothing, or a style sheet asks for a file that is not copied.
    """
    new = vendor.with_name(vendor.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    for package, patterns in ASSETS.items():
        for pattern in patterns:
            files = sorted((modules / package).glob(pattern))
            if not files:
                raise FileNotFoundError(f"{package} has no {pattern}")
            for file in files:
                target = new / file.relative_to(modules)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
    check_style_sheets(new)
    shutil.rmtree(vendor, ignore_errors=True)
    new.rename(vendor)
    return sum(path.is_file() for path in vendor.rglob("*"))


def check_style_sheets(folder: Path) -> None:
    """Make sure that every file named by a style sheet is there."""
    for sheet in folder.rglob("*.css"):
        for address in re.findall(r"""url\(["']?([^"')]+)["']?\)""", sheet.read_text(encoding="utf-8")):
            if not address.startswith(("data:", "#")) and not (sheet.parent / address).exists():
                raise FileNotFoundError(f"{sheet.relative_to(folder)} asks for {address}")


if __name__ == "__main__":
    copy_assets(MODULES, VENDOR)
