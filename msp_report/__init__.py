"""See every month, from evidence, whether the managed services provider delivers."""

import sys

# jsonschema, which nbformat brings, compiles a grammar of web addresses on import where this optional package is
# installed (JupyterLab brings it). That takes two seconds and serves nothing here: it is treated as absent.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
