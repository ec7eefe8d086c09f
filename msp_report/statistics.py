"""The statistics of rules 20 to 23 and 37, under the name that forked notebooks and outsiders know."""

from msp_report.model.statistics import (
    chapman,
    csat,
    g_chart,
    percentile,
    recommend,
    t_chart,
    trend,
    wilson,
    xmr,
)

__all__ = ["chapman", "csat", "g_chart", "percentile", "recommend", "t_chart", "trend", "wilson", "xmr"]
