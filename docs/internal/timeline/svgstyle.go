package timeline

// svgStyle is kept under the root's class, so that it does not restyle a page
// that has the drawing in it. The ground is painted, so that the text is legible
// on any page; what is cut has a cross, so that it can be told without seeing
// colours. The colours of the states are those of fsm.SVG.
const svgStyle = `
.mist-timeline { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; font-size: 16px; max-width: 100%; height: auto; }
.mist-timeline .ground { fill: #ffffff; }
.mist-timeline text { fill: #0f172a; }
.mist-timeline .headline { font-size: 17px; font-weight: 600; }
.mist-timeline .title, .mist-timeline .what { font-weight: 600; }
.mist-timeline .row, .mist-timeline .below { paint-order: stroke; stroke: #ffffff; stroke-width: 5px; stroke-linejoin: round; }
.mist-timeline .note { fill: #475569; }
.mist-timeline .bad { fill: #b91c1c; }
.mist-timeline .tick { fill: #475569; text-anchor: middle; }
.mist-timeline .grid { stroke: #e2e8f0; stroke-width: 1; }
.mist-timeline .guide { stroke: #64748b; stroke-width: 1.5; stroke-dasharray: 4 4; }
.mist-timeline .code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1d4ed8; }
.mist-timeline .bar { fill: #2563eb; }
.mist-timeline .faint { fill: #ffffff; stroke: #2563eb; stroke-width: 1.5; stroke-dasharray: 3 3; }
.mist-timeline .cut { fill: none; stroke: #b91c1c; stroke-width: 3.5; }
.mist-timeline .name { fill: #ffffff; font-weight: 600; text-anchor: middle; }
.mist-timeline .below { font-weight: 600; }
.mist-timeline .state-starting { fill: #1d4ed8; }
.mist-timeline .state-running { fill: #15803d; }
.mist-timeline .state-draining { fill: #b45309; }
.mist-timeline .state-hooks { fill: #7e22ce; }
.mist-timeline .state-stopped { fill: #334155; }
.mist-timeline .below-starting { fill: #1d4ed8; }
.mist-timeline .below-running { fill: #15803d; }
.mist-timeline .below-draining { fill: #b45309; }
.mist-timeline .below-hooks { fill: #7e22ce; }
.mist-timeline .below-stopped { fill: #334155; }
@media (prefers-color-scheme: dark) {
.mist-timeline .ground { fill: #0d1117; }
.mist-timeline text { fill: #f1f5f9; }
.mist-timeline .row, .mist-timeline .below { stroke: #0d1117; }
.mist-timeline .note { fill: #cbd5e1; }
.mist-timeline .bad { fill: #fca5a5; }
.mist-timeline .tick { fill: #cbd5e1; }
.mist-timeline .grid { stroke: #1e293b; }
.mist-timeline .guide { stroke: #94a3b8; }
.mist-timeline .code { fill: #93c5fd; }
.mist-timeline .bar { fill: #60a5fa; }
.mist-timeline .faint { fill: #0d1117; stroke: #60a5fa; }
.mist-timeline .cut { stroke: #f87171; }
.mist-timeline .name { fill: #ffffff; }
.mist-timeline .state-stopped { fill: #64748b; }
.mist-timeline .below-starting { fill: #93c5fd; }
.mist-timeline .below-running { fill: #86efac; }
.mist-timeline .below-draining { fill: #fcd34d; }
.mist-timeline .below-hooks { fill: #d8b4fe; }
.mist-timeline .below-stopped { fill: #cbd5e1; }
}
`
