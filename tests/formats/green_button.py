"""Green Button feeds for tests."""

from __future__ import annotations

START = 1_735_689_600
"""2025-01-01T00:00:00Z, in seconds since 1970."""
POINT = "R/1/UsagePoint/77"
TYPE = {
    "accumulationBehaviour": "4",
    "commodity": "1",
    "flowDirection": "1",
    "intervalLength": "900",
    "powerOfTenMultiplier": "0",
    "uom": "72",
}


def element(name: str, content: str = "") -> str:
    return f"<e:{name}>{content}</e:{name}>"


def fields(values: dict[str, str]) -> str:
    return "".join(element(name, value) for name, value in values.items())


def entry(content: str, *links: tuple[str, str], title: str = "") -> str:
    addresses = "".join(f'<link rel="{rel}" href="/espi/{href}"/>' for rel, href in links)
    return f"<entry>{addresses}<title>{title}</title>\n<content>{content}</content></entry>\n"


def usage_point(point: str = POINT, kind: str = "0") -> str:
    return entry(element("UsagePoint", element("ServiceCategory", element("kind", kind))), ("self", point))


def meter_reading(number: str = "1", kind_of: str = "7", point: str = POINT, title: str = "") -> str:
    links = [("self", f"{point}/MeterReading/{number}")] + ([("related", f"ReadingType/{kind_of}")] if kind_of else [])
    return entry("<e:MeterReading/>", *links, title=title)


def reading_type(number: str = "7", **values: str) -> str:
    says = {name: value for name, value in {**TYPE, **values}.items() if value}
    return entry(element("ReadingType", fields(says)), ("self", f"ReadingType/{number}"))


def reading(place: int, value: str, duration: int = 900, quality: str = "") -> str:
    time = element("timePeriod", fields({"duration": str(duration), "start": str(START + place * duration)}))
    qualities = "".join(element("ReadingQuality", element("quality", code)) for code in quality.split())
    return element("IntervalReading", f"{element('cost', '974')}{qualities}{time}{element('value', value)}") + "\n"


def block(*readings: str, number: str = "1", point: str = POINT, first: int = 0, duration: int = 86_400) -> str:
    span = element("interval", fields({"duration": str(duration), "start": str(START + first)}))
    content = element("IntervalBlock", span + "".join(readings))
    return entry(content, ("self", f"{point}/MeterReading/{number}/IntervalBlock/9"))


def feed(*entries: str, before: str = '<?xml version="1.0" encoding="UTF-8"?>\n') -> str:
    spaces = 'xmlns="http://www.w3.org/2005/Atom" xmlns:e="http://naesb.org/espi"'
    return f"{before}<feed {spaces}>\n{''.join(entries)}</feed>\n"
