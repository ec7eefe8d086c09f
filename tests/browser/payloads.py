"""Texts that somebody would write to have them run, load, tear or turn a page: over three hundred, each another."""

# ruff: noqa: E501

from __future__ import annotations

_RUN = "document.title='owned'"
_TAGS = (
    f"<script>{_RUN}</script>", "<script src=http://127.0.0.1:9/a></script>", f'<img src=x onerror="{_RUN}">',
    "<img src=http://127.0.0.1:9/b>", f"<svg onload={_RUN}>", f"<svg><script>{_RUN}</script></svg>",
    f"<iframe src=javascript:{_RUN}></iframe>", '<iframe srcdoc="<script>parent.document.title=1</script>"></iframe>',
    f"<body onload={_RUN}>", f"<input autofocus onfocus={_RUN}>", f"<details open ontoggle={_RUN}>",
    f"<video><source onerror={_RUN}></video>", f"<audio src=x onerror={_RUN}>", "<object data=http://127.0.0.1:9/c></object>",
    "<embed src=http://127.0.0.1:9/d>", "<link rel=stylesheet href=http://127.0.0.1:9/e>",
    "<style>@import 'http://127.0.0.1:9/f';</style>", "<base href=http://127.0.0.1:9/>",
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/g'>", f"<a href=javascript:{_RUN}>click</a>",
    "<form action=http://127.0.0.1:9/h><button>send</button></form>", f"<marquee onstart={_RUN}>x</marquee>",
    f"<math><mtext><script>{_RUN}</script></mtext></math>", f"<template><script>{_RUN}</script></template>",
    "<table><tr><td>torn</table>", "</td></tr></table><h1>out</h1>", "</main></body></html>", "<plaintext>", "<xmp>",
    "<textarea>", "<select><option>", "<!-- comment", "<![CDATA[ x ]]>", "<?xml version='1.0'?>",
    "<portal src=http://127.0.0.1:9/i>", "<img srcset='http://127.0.0.1:9/j 1x'>", "<div style='background:url(http://127.0.0.1:9/k)'>",
)  # fmt: skip
_BEFORE = ("", '">', "'>", "--></script>", "&lt;", "\u202e", "\n\n", "</textarea>", "{{", "` ")
_PLAIN = (
    "{{7*191}}", "${7*191}", "{% raw %}", "<%= 7*191 %>", "#{7*191}", "{0.__class__}", "%(x)s", "%n%s", "$x^2$", "$$\\int$$",
    "\\(x\\)", "\\[x\\]", "[link](javascript:document.title=1)", "![image](http://127.0.0.1:9/l)", "# heading", "* item", "|a|b|",
    "```python\nimport os\n```", "---", "=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1+1", "\r=1+1",
    "\uff1d1+1", "=HYPERLINK(\"http://127.0.0.1:9/m\")", "=WEBSERVICE(\"http://127.0.0.1:9/n\")", "'; DROP TABLE tickets; --",
    "$(touch /tmp/owned)", "`touch /tmp/owned`", "; touch /tmp/owned", "../../../etc/passwd", "file:///etc/passwd", "javascript:1",
    "data:text/html,<script>1</script>", "http://127.0.0.1:9/o", "//127.0.0.1:9/p", "met\u202e dessim", "e\u200brp", "er\u00adp",
    "\u2066isolated", "\u2069closed", "\u200fright", "\u061carabic", "\ufeffmark", "\U000e0041\U000e0042", "\x1b[31mred", "\x07bell",
    "\x00nul", "\x7fdelete", "\x9b31m", "\u2028line\u2029paragraph", "שרת הדואר", "خادم البريد", "W" * 400, "w " * 300,
    "Z\u0351\u0352\u0357" * 60, "\U0001f469\u200d\U0001f467 family", "＜script＞", "ſcript", "İ", "ß" * 50, "\ud7ff", "\ufffd", "\ufffe",
    "&lt;script&gt;", "&#60;script&#62;", "&amp;lt;", "&nbsp;", "%3Cscript%3E", "\\u003cscript\\u003e", "null", "None", "NaN",
    "undefined", "true", "0", "-0", "1e309", "0x41", "2026-13-45", "\n", " ", "\u00a0", "\u3000", "​",
)  # fmt: skip
PAYLOADS = tuple(
    dict.fromkeys([*_TAGS, *(f"{before}{tag}" for before in _BEFORE[1:] for tag in _TAGS), *_PLAIN])
)
