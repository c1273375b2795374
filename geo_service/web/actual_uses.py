"""What the actual use of land in the cadastre is called: words of the ALKIS catalogue, for their translation.

Source: AdV, GeoInfoDok, Nutzungsartenkatalog ALKIS. Other words stand on pages as they were supplied.
"""

from types import MappingProxyType
from typing import Final

from geo_service.web.vocabulary import N_

ACTUAL_USES: Final = MappingProxyType(
    {
        use: use
        for use in (
            N_("Wohnbaufläche"),
            N_("Offen"),
            N_("Unbebaut (Baulücke)"),
            N_("Fläche gemischter Nutzung"),
            N_("Gebäude- und Freifläche, Mischnutzung mit Wohnen"),
            N_("Industrie- und Gewerbefläche"),
            N_("Gewerbe"),
            N_("Industrie"),
            N_("Industrie und Gewerbe"),
            N_("Industrie und Gewerbe, außer Betrieb"),
            N_("Gewerbe, unbebaut"),
            N_("Handel und Dienstleistung"),
            N_("Versorgungsanlage"),
            N_("Entsorgung"),
            N_("Lagerplatz"),
            N_("Fläche besonderer funktionaler Prägung"),
            N_("Öffentliche Zwecke"),
            N_("Religiöse Einrichtung"),
            N_("Sport-, Freizeit- und Erholungsfläche"),
            N_("Grünanlage"),
            N_("Sportanlage"),
            N_("Halde"),
            N_("Bergbaubetrieb"),
            N_("Tagebau, Grube, Steinbruch"),
            N_("Friedhof"),
            N_("Straßenverkehr"),
            N_("Verkehrsbegleitfläche Straße"),
            N_("Weg"),
            N_("Fußweg"),
            N_("Wirtschaftsweg"),
            N_("Hauptwirtschaftsweg"),
            N_("Platz"),
            N_("Parkplatz"),
            N_("Bahnverkehr"),
            N_("Flugverkehr"),
            N_("Schiffsverkehr"),
            N_("Landwirtschaft"),
            N_("Ackerland"),
            N_("Grünland"),
            N_("Gartenland"),
            N_("Wald"),
            N_("Laubholz"),
            N_("Nadelholz"),
            N_("Laub- und Nadelholz"),
            N_("Gehölz"),
            N_("Heide"),
            N_("Moor"),
            N_("Sumpf"),
            N_("Unland/Vegetationslose Fläche"),
            N_("Fließgewässer"),
            N_("Bach"),
            N_("Fluss"),
            N_("Kanal"),
            N_("Hafenbecken"),
            N_("Stehendes Gewässer"),
            N_("Kleingarten"),
        )
    }
)
"""German word to itself, as a vocabulary of `PageSpeaker.label`."""
