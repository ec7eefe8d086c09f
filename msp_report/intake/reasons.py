"""Why a row is rejected: every reason there is, as it stands in rejects/<table>.csv and manifest.json."""

from __future__ import annotations

DUPLICATE = "duplicate"
REPEATED = "repeated key: equal in all that is read, other columns differ"
TOTAL = "total row, no record"
TITLE = "a title, a footer or the header again: no record"
CONFLICT = "conflicting key: rows with this key differ"
SHARED = "its number is that of several tickets: name the sources alike"
WIDE = "more cells than headers"
SHORT = "fewer cells than headers"
QUOTES = "a quote inside a quoted cell: write it twice"
BYTES = "bytes that are no text in this encoding, or a NUL"
TOO_LONG = "field over 1 MB"
NOT_JSON = "not a JSON object"
MISSING = "missing"
UNKNOWN = "unknown value: name it in values or correct it"
NOT_TIME = "not a time: write ISO 8601 or name the format in dates"
GAP = "a time that never was: the clock change skips it"
RANGE = "out of range"
NOT_NUMBER = "not a number"
DOUBT = "thousands or decimals? name the sign in decimal"
NOT_WHOLE = "not a whole number"
NOT_BOOLEAN = "not true or false"
NOT_MONTH = "not a month: write YYYY-MM"
DAY_HOURS = "a day of how many hours? say day_hours"
NOT_DURATION = "not a duration in this encoding"
ERROR = "an error of the spreadsheet in the place of a value: mend the cell and export it again"
FORMULA = "a formula without a stored value: open the workbook, save it, and export it again"
REVERSED = "ends before it begins"
WHERE = "where"
SHAPE = "shape"

#: Rows that are no records of the table, as the client's own sources.yaml says.
NOT_MEANT = frozenset({WHERE, SHAPE})
#: Rows that are no records, as that or the file itself says.
LEFT_OUT = NOT_MEANT | {TOTAL, TITLE}

#: Rejects that say nothing against the export and do not count to the limit.
HARMLESS = LEFT_OUT | {DUPLICATE, REPEATED}
