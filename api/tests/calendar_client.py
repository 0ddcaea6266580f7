"""Reads calendars with a client library and compares what it finds with what was meant.

Each NAME.ics of the folder has a NAME.json beside it: a list of [uid, start, end, status], in UTC.
Everything is read twice: as it is, when the library knows the zones by their names, and with names of zones it
cannot know, when all it has are the VTIMEZONEs of the file.
"""

import json
import pathlib
import re
import sys
from datetime import datetime, timezone

import icalendar
import recurring_ical_events

FROM, TO = (datetime(year, 1, 1, tzinfo=timezone.utc) for year in (1971, 2199))


def utc(value):
    return value.dt.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%MZ")


def occurrences(text):
    calendar = icalendar.Calendar.from_ical(text)
    if calendar.errors or any(component.errors for component in calendar.walk()):
        raise ValueError([component.errors for component in calendar.walk()])
    events = recurring_ical_events.of(calendar).between(FROM, TO)
    return sorted(
        [str(event["UID"]), utc(event["DTSTART"]), utc(event["DTEND"]), str(event["STATUS"])] for event in events
    )


def without_known_zones(name, text):
    text = re.sub(r"X-LIC-LOCATION:.*\r\n", "", text.replace("\r\n ", ""))
    return re.sub(r"TZID([:=])([A-Za-z_/]+)", lambda m: f"TZID{m[1]}{name} {m[2].replace('/', ' ')}", text)


def main(folder):
    compared = 0
    for path in sorted(folder.glob("*.ics")):
        text = path.read_bytes().decode("utf-8")
        meant = sorted(json.loads(path.with_suffix(".json").read_text("utf-8")))
        for kind, told in (("known", text), ("described", without_known_zones(path.stem, text))):
            found = occurrences(told)
            if found != meant:
                more = [one for one in found if one not in meant]
                less = [one for one in meant if one not in found]
                sys.exit(f"{path.stem}, zones {kind}: only the client has {more}, only we have {less}\n{told}")
            compared += len(found)
    print(f"compared {compared}")


main(pathlib.Path(sys.argv[1]))
