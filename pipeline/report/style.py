"""How the page looks: one style sheet, light and dark, from phone to desk. No font, picture or script is fetched."""

CSS = """
:root{color-scheme:light dark;--paper:#fbfaf7;--card:#fff;--ink:#1c1f23;--soft:#5d636b;--line:#e3dfd6;--grid:#ece8df;
--c1:#0f6f6b;--c2:#b4530c;--c3:#6a4bb3;--c4:#2b62b8;--drop:#b8452f;--limit:#8f2f1d;--mark:#f4ead2;--markink:#6b4a05;
--serif:"Iowan Old Style",Charter,"Bitstream Charter","Sitka Text",Cambria,"Liberation Serif",Georgia,serif;
--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Liberation Sans",Arial,sans-serif;
--mono:ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace}
@media(prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1b1f23;--ink:#e7e4dd;--soft:#9ba2a9;--line:#2d3338;
--grid:#262b30;--c1:#62bdb6;--c2:#e59a56;--c3:#b39be8;--c4:#7fb0f0;--drop:#e0806b;--limit:#f0a391;--mark:#3a3018;
--markink:#ecd08a}img,image{filter:brightness(.93)}}
*{box-sizing:border-box}html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 var(--serif)}
main{max-width:1120px;margin:0 auto;padding:56px 24px 96px}
h1{font-size:clamp(2.3rem,6vw,3.4rem);line-height:1.05;font-weight:600;letter-spacing:-.015em;margin:.1em 0 .35em}
h1 small{font-weight:400;color:var(--soft);font-size:.62em;letter-spacing:0}
h2{font-size:1.65rem;line-height:1.2;font-weight:600;letter-spacing:-.01em;margin:0 0 .35em}
h3{font:600 .95rem/1.35 var(--sans);margin:2.4em 0 .9em}
h4{font:600 .84rem/1.35 var(--sans);margin:0 0 .7em}
h4+.legend{margin-top:-.25em}
section{margin-top:68px;padding-top:28px;border-top:1px solid var(--line)}
p{max-width:70ch;margin:.55em 0}.lead{color:var(--soft);font-size:1.05rem;margin-bottom:1.5em}
.intro+.warning{margin-top:1.4em}td:first-child{min-width:7.5em}
.intro{font-size:1.22rem;line-height:1.5;max-width:62ch}
.eyebrow{font:600 .78rem/1.3 var(--sans);letter-spacing:.09em;text-transform:uppercase;color:var(--c1);margin:0}
a{color:var(--c1);text-decoration-thickness:1px;text-underline-offset:3px}
nav{display:flex;flex-wrap:wrap;gap:.3em 1.25em;margin:34px 0 0;font:.87rem/1.5 var(--sans)}
nav a{color:var(--soft);text-decoration:none;border-bottom:1px solid var(--line)}nav a:hover{color:var(--c1)}
.stats{display:grid;grid-template-columns:repeat(auto-fill,minmax(215px,1fr));gap:0 34px;margin:34px 0 0}
.stats div{border-top:2px solid var(--ink);padding:12px 0 20px}
.stats b{display:block;font:600 1.75rem/1.2 var(--sans);letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.stats b small{font-size:.95rem;font-weight:400;color:var(--soft);letter-spacing:0;white-space:nowrap}
.stats span{display:block;font:.84rem/1.45 var(--sans);color:var(--soft);margin-top:4px;max-width:34ch}
.grid{display:grid;gap:34px 38px;grid-template-columns:repeat(auto-fill,minmax(min(100%,310px),1fr));align-items:start}
.grid.two{grid-template-columns:repeat(auto-fill,minmax(min(100%,420px),1fr))}
.grid.tiles{gap:26px 22px;grid-template-columns:repeat(auto-fill,minmax(min(100%,240px),1fr))}
.grid.small{gap:22px 18px;grid-template-columns:repeat(auto-fill,minmax(148px,1fr))}
figure{margin:0;min-width:0}figcaption{overflow-wrap:anywhere;
font:.81rem/1.5 var(--sans);color:var(--soft);margin-top:9px;max-width:64ch}
figcaption code{font-size:.94em}figcaption b{color:var(--ink);font-weight:600}
img{display:block;width:100%;height:auto;border-radius:3px;background:var(--grid)}
video{display:block;max-width:100%;height:auto;border-radius:3px;background:var(--grid)}
.film{display:grid;grid-auto-flow:column;grid-auto-columns:1fr;gap:2px}.film img{border-radius:1px}
.film img:first-child{border-radius:3px 1px 1px 3px}.film img:last-child{border-radius:1px 3px 3px 1px}
.thumb{display:flex;align-items:center;justify-content:center;background:var(--grid);border-radius:3px;overflow:hidden;
aspect-ratio:4/3}.thumb img{width:100%;height:100%;object-fit:contain}
.rowset{display:grid;gap:6px;grid-template-columns:repeat(auto-fit,minmax(90px,1fr))}
.rowset span{display:block;font:.78rem/1.4 var(--sans);color:var(--soft);margin-top:5px}
.triple{display:grid;gap:14px;grid-template-columns:repeat(3,1fr)}
.strip{display:grid;gap:3px 14px;grid-template-columns:104px minmax(0,1fr);align-items:center;max-width:960px}
.strip>b{font:600 .78rem/1.25 var(--sans);color:var(--soft);text-align:right}.strip>b.me{color:var(--c1)}
.cells{display:grid;gap:3px}.cells img{border-radius:2px}.strip .gap{grid-column:1/-1;height:7px}
.strips figure{margin-bottom:40px}.strips figcaption{max-width:960px;padding-left:118px}
.note+.grid{margin-top:1.6em}.side{align-items:center}
.scroll{overflow-x:auto;margin:1em 0 1.6em;max-width:100%}
table{border-collapse:collapse;font:.86rem/1.45 var(--sans);min-width:min(100%,420px)}
th{font-weight:600;text-align:left;color:var(--soft);border-bottom:1px solid var(--ink);padding:5px 22px 7px 0;
white-space:nowrap;vertical-align:bottom}
td{border-bottom:1px solid var(--line);padding:7px 22px 7px 0;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
th:last-child,td:last-child{padding-right:0}
tr.sum td{font-weight:600}
dl{max-width:820px;margin:1em 0 1.6em;font:.88rem/1.5 var(--sans)}
dl div{display:grid;grid-template-columns:minmax(130px,220px) minmax(0,1fr);gap:2px 22px;padding:7px 0;
border-bottom:1px solid var(--line)}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
code,pre{font-family:var(--mono);font-size:.9em}code.hash{overflow-wrap:anywhere;font-size:.84em}
pre{background:var(--card);border:1px solid var(--line);border-radius:5px;padding:14px 16px;overflow-x:auto;
font-size:.82rem;line-height:1.5;margin:.8em 0 1.4em}
details{border-top:1px solid var(--line);padding:11px 0}details:last-of-type{border-bottom:1px solid var(--line)}
summary{cursor:pointer;font:600 .9rem/1.5 var(--sans)}
.chip{display:inline-block;font:600 .69rem/1.3 var(--sans);letter-spacing:.02em;border:1px solid currentColor;
border-radius:99px;padding:1px 8px;color:var(--soft);white-space:nowrap;vertical-align:.08em}
.chip.rendered{color:var(--c1)}.chip.real{color:var(--c4)}.chip.reason{color:var(--drop)}
.chip.synthetic{color:var(--markink);background:var(--mark);border:1px dashed currentColor}
.missing{font-style:italic;color:var(--soft);border-left:3px solid var(--line);padding-left:14px}
.warning{background:var(--mark);color:var(--markink);border-radius:5px;padding:11px 16px;font:.92rem/1.5 var(--sans);
max-width:none;overflow-wrap:anywhere}.note{color:var(--soft);font:.87rem/1.55 var(--sans)}
.finding{font-size:1.08rem;border-left:3px solid var(--c1);padding-left:16px;margin:1.1em 0 1.6em}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;font:.81rem/1.5 var(--sans);color:var(--soft);margin:0 0 9px}
.legend .key{display:inline-block;width:16px;height:4px;border-radius:2px;margin-right:7px;vertical-align:.22em;
background:var(--k)}.legend .box{height:11px;width:11px;vertical-align:-.06em}
svg.plot{display:block;width:100%;max-width:460px;height:auto;overflow:visible;font-family:var(--sans)}
svg.map{display:block;width:100%;max-width:520px;height:auto;border-radius:4px;font-family:var(--sans)}
.c1,.key.c1{--k:var(--c1)}.c2,.key.c2{--k:var(--c2)}.c3,.key.c3{--k:var(--c3)}.c4,.key.c4{--k:var(--c4)}
.base,.key.base{--k:var(--soft)}.key.kept{--k:var(--c1)}.key.dropped{--k:var(--drop)}.key.faint{--k:var(--line)}
.tick,.axis{font-size:11px;fill:var(--soft)}.axis{font-weight:600}
.group{font-size:11.5px;font-weight:600;fill:var(--ink)}
.group,.limit{paint-order:stroke;stroke:var(--paper);stroke-width:3.5px;stroke-linejoin:round}
.count{font-size:13px;font-weight:600;fill:var(--ink)}.lost{font-size:11.5px;fill:var(--drop)}
.limit{font-size:10.5px;font-weight:600;fill:var(--limit)}.limitline{stroke:var(--limit);stroke-width:1.5}
.out{fill:var(--drop);opacity:.08}line.grid{stroke:var(--grid)}.rule{stroke:var(--soft);stroke-width:.8}
.zero{stroke:var(--ink);stroke-width:1;stroke-dasharray:3 3}
.line{fill:none;stroke:var(--k);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.line.faint{stroke:var(--soft);stroke-width:.7;opacity:.45}.band{fill:var(--k);opacity:.17}
.dot{fill:var(--k)}.whisker{stroke:var(--k);stroke-width:2.4;stroke-linecap:round;opacity:.55}
rect.kept{fill:var(--c1)}rect.dropped{fill:var(--drop);opacity:.8}rect.flow{fill:var(--c1);opacity:.5}
.between{fill:var(--c1);opacity:.11}
.train{--m:#0b6b6b}.held_out{--m:#c2410c}.val{--m:#6d3fc4}.test{--m:#1d4ed8}.none{--m:#444}
.key.map{background:var(--m);height:6px;border-radius:3px;outline:1px solid #fff}
.walk{fill:none;stroke:var(--m);stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}
.walk.held_out{stroke-dasharray:6 3.5;stroke-linecap:butt}
polyline.casing{fill:none;stroke:#fff;stroke-width:4.4;stroke-linejoin:round;stroke-linecap:round;opacity:.85}
.dense g:not(.held_out) .casing,.dense g:not(.held_out) .gaze{display:none}
.dense g:not(.held_out) .walk{stroke-width:1.1;opacity:.6}.dense g:not(.held_out) circle.start{r:2.4px}
.start{fill:var(--m)}.start.casing{fill:#fff}.gaze{stroke:var(--m);stroke-width:1.6}
.noplan{fill:#eeece6}.plate{fill:#fff;opacity:.78}.scalebar{stroke:#222;stroke-width:2}
.scaletext{font-size:11px;fill:#222}
footer{margin-top:80px;color:var(--soft);font:.82rem/1.5 var(--sans);border-top:1px solid var(--line);padding-top:16px}
@media(max-width:640px){main{padding:30px 16px 64px}section{margin-top:54px;padding-top:24px}.intro{font-size:1.1rem}
.stats{grid-template-columns:1fr 1fr;gap:0 18px}.stats b{font-size:1.32rem}.stats b small{white-space:normal}
dl div{grid-template-columns:1fr;gap:0}.strip{grid-template-columns:1fr;gap:3px}.strip>b{text-align:left;margin-top:6px}
.strip .gap{height:0}.strips figcaption{padding-left:0}.triple{gap:5px}td,th{padding-right:14px}.cells{gap:2px}}
@media print{figure,tr,.stats div{break-inside:avoid}section{margin-top:36px}nav{display:none}}
"""
