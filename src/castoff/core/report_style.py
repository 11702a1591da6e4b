"""How the report of a rehearsal looks: on a screen, light and dark, on a phone, and printed."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --text: #1b2430; --soft: #566172; --line: #dde2e9; --track: #edf0f4;
  --good: #1a7f4b; --good-card: #e8f6ee; --bad: #b42318; --bad-card: #fdeeec; --kept: #4b5fc0; --code: #f0f2f6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10151c; --card: #181f29; --text: #e6ebf2; --soft: #a3afbf; --line: #2c3644; --track: #252e3b;
    --good: #4cc38a; --good-card: #12291f; --bad: #ff8f82; --bad-card: #331a18; --kept: #98a8ff; --code: #232c39;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 56rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: anywhere;
}
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2; letter-spacing: -.01em; }
h2 { margin: 0 0 .75rem; font-size: 1.125rem; line-height: 1.3; }
h3 { margin: 1.25rem 0 .5rem; font-size: .9375rem; }
p { margin: 0 0 .75rem; }
.soft { color: var(--soft); font-size: .875rem; }
.eyebrow { margin: 0; color: var(--soft); font-size: .875rem; }
section, .banner {
  margin-top: 1rem; padding: 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem;
}
section > :last-child, .banner > :last-child, td > :last-child { margin-bottom: 0; }
code, pre, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code { padding: .1em .35em; background: var(--code); border-radius: .25rem; font-size: .875em; unicode-bidi: isolate; }
pre {
  margin: 0; padding: .875rem 1rem; background: var(--code); border-radius: .5rem; font-size: .8125rem;
  white-space: pre-wrap;
}
.banner { border-left-width: .375rem; }
.banner.good { background: var(--good-card); border-color: var(--good); }
.banner.bad { background: var(--bad-card); border-color: var(--bad); }
.banner h2 { margin-bottom: .25rem; font-size: 1.25rem; }
.good > h2, .outcome.good { color: var(--good); }
.bad > h2, .outcome.bad { color: var(--bad); }
.outcome.kept { color: var(--kept); }
.banner ol { margin: 0; padding-left: 1.5rem; }
.banner li { margin: .375rem 0; }
.banner code {
  display: inline-block; padding: .25rem .5rem; background: var(--card); border: 1px solid var(--line);
  vertical-align: top;
}
dl { display: grid; grid-template-columns: minmax(5rem, max-content) 1fr; gap: .375rem 1rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; }
table { width: 100%; margin-bottom: -.5rem; border-collapse: collapse; }
th, td { padding: .5rem 1rem .5rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-size: .8125rem; font-weight: 600; }
tbody th { color: inherit; font-size: inherit; font-weight: 400; }
tbody tr:last-child > *, tfoot tr > * { border-bottom: 0; }
tfoot tr > * { border-top: 1px solid var(--line); color: inherit; font-size: inherit; font-weight: 600; }
tr > :last-child { padding-right: 0; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.digest { display: block; color: var(--soft); font-size: .75rem; line-height: 1.4; }
.outcome { color: var(--soft); font-weight: 600; white-space: nowrap; }
.digest .outcome { white-space: normal; }
.mark {
  display: inline-block; margin: 0 .125rem; padding: 0 .625rem; border: 1px solid var(--line);
  border-radius: 1rem; font-size: .8125rem; font-weight: 600;
}
.track { display: block; height: .5rem; margin-top: .375rem; background: var(--track); border-radius: .25rem; }
.bar { display: block; height: 100%; min-width: 3px; max-width: 100%; background: var(--soft); border-radius: .25rem; }
.bar.good { background: var(--good); }
.bar.bad { background: var(--bad); }
.thin { height: .25rem; }
.scale { display: flex; justify-content: space-between; margin: 0; }
.job { padding: .75rem 0; }
.job + .job { border-top: 1px solid var(--line); }
.job:last-child { padding-bottom: 0; }
.head { display: grid; grid-template-columns: 1rem 1fr auto; column-gap: .25rem; }
summary.head { cursor: pointer; list-style: none; border-radius: .25rem; }
summary.head::-webkit-details-marker { display: none; }
summary.head:focus-visible { outline: 2px solid var(--kept); outline-offset: .25rem; }
.head::before { content: ""; }
summary.head::before { content: "▸"; color: var(--soft); }
[open] > summary.head::before { content: "▾"; }
.head .track { grid-column: 2 / -1; }
.name { font-weight: 600; unicode-bidi: isolate; }
.steps { padding: .75rem 0 0 1.25rem; }
.side { text-align: right; }
ul { margin: 0; padding-left: 1.25rem; }
@media (max-width: 30rem) {
  body { padding: 1rem .625rem 2rem; }
  section, .banner { padding: 1rem .875rem; }
  h1 { font-size: 1.5rem; }
  .wide { display: none; }
  .steps { padding-left: 0; }
  .head > .name, .head > .side { grid-column: 2 / -1; text-align: left; }
}
@media print { body { max-width: none; background: #fff; } section, .banner { break-inside: avoid; } }
"""
"""The style sheet of `report_html`."""
