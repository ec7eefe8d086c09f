"""What a warm kernel has imported before it is forked: everything that notebooks use, nothing started."""

import atexit
import gc
import os
import sys
from importlib import import_module

# nobody debugs a kernel of a pack run, and the debugger takes longer to load than most notebooks to run
sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type]

# matplotlib asks on its import where pictures go: a plain chart of a consultant goes into the notebook
os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")

LIBRARIES = (
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "duckdb",
    "encodings.unicode_escape",
    "encodings.utf_8_sig",
    "ipykernel.debugger",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "pandas.core.arrays.arrow.extension_types",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "scipy.stats",
    "scrapbook",
    "seaborn",
    "statsmodels.duration.survfunc",
    "tornado.platform.asyncio",
    "tornado.queues",
)
ROOMS = ("case", "packs.history", "packs.scraps", "pages.charts", "pages.display")
METRICS = (
    "alternatives",
    "annual",
    "availability",
    "backups",
    "board",
    "capacity",
    "competence",
    "contract",
    "duties",
    "helpdesk",
    "licences",
    "payments",
    "procurement",
    "projects",
    "questions",
    "requests",
    "satisfaction",
    "scorecard",
    "strategy",
    "tickets",
    "today",
    "vendors",
    "year",
)

#: A company of which next to nothing is known.
CONTRACT = {
    "client": {"name": "any", "timezone": "Europe/London", "currency": "GBP", "locale": "en-GB"},
    "calendars": {"any": {"hours": {"mon": ["09:00-17:00"]}, "holidays": {"country": "GB"}}},
}


def rehearse() -> None:
    """Do once what every notebook does, so that what is loaded on the way is there in each kernel.

    Calendars and models, the formats of a language, the catalogue of sentences, fonts and colours of charts:
    together half a second of every kernel.
    """
    import pandas as pd

    from msp_report.model.figures import Figure
    from msp_report.pages import charts
    from msp_report.pages.display import Display
    from msp_report.params import as_contract
    from msp_report.words import sentences

    contract = as_contract(CONTRACT)
    show = Display.of(contract)
    at = pd.Timestamp("2026-01-01", tz="UTC")
    frame = pd.DataFrame({"name": ["a", "b"], "value": [0.5, 1.0], "at": [at, at + pd.Timedelta(days=1)]})
    figures = [Figure(measure="tickets.opened", value=1, unit="count", verdict="met", target=2)]
    sentences.headline(figures[0], contract)
    sentences.told(pd.DataFrame([figure.row() for figure in figures]), contract)
    columns = {"name": ("Name", "text"), "value": ("Share", "ratio"), "at": ("When", "at")}
    show.table(frame, columns, caption="Any")
    charts.ranked_bars(frame, label="name", value="value", unit="cost", show=show, title="Any", alt="Any")
    charts.trend(frame, x="at", y="value", unit="ratio", show=show, title="Any", alt="Any")


for library in LIBRARIES:
    import_module(library)
for room in (*ROOMS, *(f"metrics.{metric}" for metric in METRICS)):
    import_module(f"msp_report.{room}")
rehearse()
# what is loaded stays loaded: a kernel's collector need not walk through it again
gc.collect()
gc.freeze()
atexit.register(gc.unfreeze)
