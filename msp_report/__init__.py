"""See every month, from evidence, whether the managed services provider delivers."""

import zoneinfo

# The rules of a time zone come from the package that the lock names, never from this machine (rule 2).
zoneinfo.reset_tzpath(to=())
zoneinfo.ZoneInfo.clear_cache()
