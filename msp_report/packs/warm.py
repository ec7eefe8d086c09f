"""What a warm kernel has imported before it is forked: everything that notebooks use, nothing started.

Importing this module makes a process ready to be forked and changes it for good: only the fork server of
kernels.py, a process of its own, imports it.
"""

import atexit
import gc
import os
import pkgutil
import sys
from importlib import import_module

from msp_report import metrics

# Optional packages that take longer to load than most notebooks to run, and serve nothing in a pack run: the
# debugger, and a grammar of web addresses that jsonschema compiles where JupyterLab brought it.
for optional in ("debugpy", "rfc3987_syntax"):
    sys.modules.setdefault(optional, None)  # type: ignore[arg-type]

# matplotlib asks on its import where pictures go: a plain chart of a consultant goes into the notebook
os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")

LIBRARIES = (
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "duckdb",
    "encodings.ascii",
    "encodings.unicode_escape",
    "encodings.utf_8_sig",
    "ipykernel.debugger",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "pandas.core.arrays.arrow._arrow_utils",
    "pandas.core.arrays.arrow.extension_types",
    "pandas.core.methods.to_dict",
    "pandas.core.reshape.reshape",
    "pandas.io.formats.csvs",
    "psutil",
    "pyarrow.acero",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "scipy.stats",
    "scrapbook",
    "seaborn",
    "statsmodels.duration.survfunc",
    "statsmodels.genmod.generalized_linear_model",
    "tornado.platform.asyncio",
    "tornado.queues",
)
ROOMS = ("case", "packs.history", "packs.scraps", "pages.charts", "pages.display", "pages.front")
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
for room in ROOMS:
    import_module(f"msp_report.{room}")
for metric in pkgutil.walk_packages(metrics.__path__, f"{metrics.__name__}."):
    import_module(metric.name)
rehearse()
# what is loaded stays loaded: a kernel's collector need not walk through it again
gc.collect()
gc.freeze()
atexit.register(gc.unfreeze)
