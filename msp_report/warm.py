"""What a warm kernel has imported before it is forked: everything that notebooks use, nothing started."""

import sys
from importlib import import_module

# nobody debugs a kernel of a pack run, and the debugger takes longer to load than most notebooks to run
sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type]

LIBRARIES = (
    "duckdb",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "pyarrow.parquet",
    "scipy.stats",
    "scrapbook",
    "seaborn",
    "statsmodels.duration.survfunc",
)
ROOMS = ("charts", "display", "scraps", "workspace")
METRICS = (
    "availability",
    "backups",
    "capacity",
    "contract",
    "duties",
    "licences",
    "procurement",
    "projects",
    "requests",
    "satisfaction",
    "scorecard",
    "strategy",
    "tickets",
    "vendors",
)

#: Opened once, so that the calendars of the world and the models are there when the first notebook opens its own.
CONTRACT = {"calendars": {"any": {"hours": {"mon": ["09:00-17:00"]}, "holidays": {"country": "GB"}}}}

for library in LIBRARIES:
    import_module(library)
for room in (*ROOMS, *(f"metrics.{metric}" for metric in METRICS)):
    import_module(f"msp_report.{room}")
import_module("msp_report.params").as_contract(CONTRACT)
