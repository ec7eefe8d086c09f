"""Which version of the rules a pack was computed by (rule 48)."""

#: Raised only with a line under "Figures whose meaning changed" in CHANGELOG.md: every published pack is stale then.
RULES_VERSION = 3
