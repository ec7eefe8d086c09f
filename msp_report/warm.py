"""What a warm kernel has imported before it is forked: everything that notebooks use, nothing started."""

from importlib import import_module

LIBRARIES = (
    "ipykernel.kernelapp",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "duckdb",
    "pyarrow.parquet",
    "scipy.stats",
    "scrapbook",
    "seaborn",
    "statsmodels.duration.survfunc",
)
ROOMS = (
    "charts",
    "display",
    "scraps",
    "workspace",
    "metrics.availability",
    "metrics.tickets",
    "metrics.scorecard",
)

for name in (*LIBRARIES, *(f"msp_report.{r}" for r in ROOMS), *(f"msp_report.metrics.{m}" for m in METRICS)):
    import_module(name)
