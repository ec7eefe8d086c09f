"""What a warm kernel has imported before it is forked: everything that notebooks use, nothing started."""

# ruff: noqa: F401
import ipykernel.kernelapp
import matplotlib.backends.backend_agg
import matplotlib.backends.backend_svg
import matplotlib.pyplot
import pyarrow.parquet
import scipy.stats
import scrapbook
import seaborn
import statsmodels.duration.survfunc

import msp_report.charts
import msp_report.display
import msp_report.metrics.availability
import msp_report.metrics.scorecard
import msp_report.metrics.tickets
import msp_report.scraps
import msp_report.workspace
