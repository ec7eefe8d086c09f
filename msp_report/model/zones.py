"""Time zones by the rules of the package that the lock names, whatever the machine has (rule 2).

Whatever computes with zones takes them from here. To import this forgets the zone files of the machine for the whole
process, because pandas asks `zoneinfo` by itself for the zones that it is given by name.
"""

from __future__ import annotations

import zoneinfo
from zoneinfo import ZoneInfo, available_timezones

import tzdata

__all__ = ["VERSION", "ZoneInfo", "available_timezones"]

zoneinfo.reset_tzpath(to=())
ZoneInfo.clear_cache()

#: The version of the rules.
VERSION: str = tzdata.IANA_VERSION
