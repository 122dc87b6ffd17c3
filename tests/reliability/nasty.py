"""List hostile texts, which tests write to every output.

The outputs for texts from outside are a path, SQL, the page, the technote, CSV, YAML and the
terminal.
"""

from __future__ import annotations

NASTY = {
    "quotes": 'it\'s "quoted" `so` \\',
    "newlines": "one\ntwo\r\nthree\rfour\u2028five\x85six",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>&lt;b&gt;",
    "end of script": "</script><!-- ]]>",
    "markdown": "# *a* **b** _c_ [l](javascript:alert(1)) ![i](x) ~~d~~ | e |",
    "myst": "```{raw} html\n<b>x</b>\n```\n:::{warning}\n:::\n{math}`x`\n(target)=\n+++",
    "jinja": "{{ 7 * 7 }}{% for i in x %}{# c #}",
    "sql": "'; drop table quanta; --",
    "parent folders": "../../../../etc/passwd",
    "absolute path": "/etc/passwd",
    "glob": "*?[a-z]{b,c}",
    "shell": "$(touch owned) `touch owned` ; touch owned & | >owned",
    "terminal": "\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[0m\x9b31m",
    "controls": "a\x00b\x01c\x7fd\x08",
    "directions": "abc\u202etxt.exe\u2066\u2069\u200f",
    "invisible": "a\u200bb\ufeffc\u00add",
    "noncharacters": "a\ufffeb\uffffc\U0001fffed",
    "beyond the first plane": "a\U0001f600b",
    "formula": '=HYPERLINK("http://evil.example","click")',
    "formula with plus": "+1+1",
    "formula with minus": "-2+3+cmd|' /C calc'!A0",
    "formula with at": "@SUM(1)",
    "formula after a tab": "\t=1+1",
    "wide formula": "\uff1d1+1",
    "yaml yes": "yes",
    "yaml null": "null",
    "yaml on": "on",
    "yaml tag": "!!python/object/apply:os.system [echo]",
    "yaml anchor": "&a *a %b",
    "yaml number": "1e3",
    "yaml nothing": "~",
    "link": "see https://evil.example/x?a=b or www.evil.example or mail a@evil.example",
    "bare host": "evil.example //evil.example",
    "typography": "a -- b --- c ... (c) (tm) ???? ,,,",
    "rich markup": "[red]x[/red] [link=http://x]y[/link]",
    "javascript names": "constructor __proto__ toString",
    "format": "%s %n {0} {x!r}",
    "long": "x" * 10_000,
    "empty": "",
    "blank": "   ",
}
"""Kind to text."""

SURROGATE = "a\ud800b"
"""A lone surrogate: no file and no Arrow table can hold it."""
