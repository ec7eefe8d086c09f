"""The statistics of rules 20 to 23 and 37, under the name that forked notebooks and outsiders know."""

from msp_report.model.statistics import chapman, csat, percentile, recommend, trend, wilson, xmr

__all__ = ["chapman", "csat", "percentile", "recommend", "trend", "wilson", "xmr"]
