"""`python -m msp_report VERB`, where there is no make."""

from msp_report.cli import main

if __name__ == "__main__":
    main()
