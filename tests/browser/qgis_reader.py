"""Read a collection with QGIS, run by the system's Python: prints fields and features as JSON."""

import json
import os
import sys

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis.core import (  # type: ignore[import-not-found]
    QgsApplication,
    QgsFeatureRequest,
    QgsVectorLayer,
)


def plainly(value: object) -> object:
    """Return a value of QGIS as one of Python."""
    if str(value) == "NULL":
        return None
    for way in ("toPyDateTime", "toPyDate"):
        if hasattr(value, way):
            return str(getattr(value, way)())
    return value


def read(address: str, collection: str, page_size: str, expression: str) -> dict[str, object]:
    """Return the fields, the number of features that the layer tells, and those that it reads."""
    source = f"url='{address}' typename='{collection}' pageSize='{page_size}'"
    layer = QgsVectorLayer(source, collection, "OAPIF")
    if not layer.isValid():
        return {"error": layer.error().message()}
    request = QgsFeatureRequest()
    if expression:
        request.setFilterExpression(expression)
    names = [field.name() for field in layer.fields()]
    rows = []
    for feature in layer.getFeatures(request):
        plain = dict(zip(names, map(plainly, feature.attributes()), strict=True))
        shape = None if feature.geometry().isNull() else feature.geometry().asWkt(7)
        rows.append({"properties": plain, "wkt": shape})
    types = {field.name(): field.typeName() for field in layer.fields()}
    return {"count": layer.featureCount(), "crs": layer.crs().authid(), "types": types, "rows": rows}


if __name__ == "__main__":
    application = QgsApplication([], False)
    application.initQgis()
    sys.stdout.write(json.dumps(read(*sys.argv[1:5]), default=str))
    application.exitQgis()
