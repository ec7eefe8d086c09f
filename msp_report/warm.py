"""What a warm kernel has imported before it is forked: everything that notebooks use, nothing started."""

import msp_report.charts
import msp_report.display
import msp_report.scraps
import msp_report.workspace  # noqa: F401
