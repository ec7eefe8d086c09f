"""A month tested with harms: which no page catches, and which no clause pays for (rule 35)."""
