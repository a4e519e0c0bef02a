package fsm

// svgStyle uses plain classes, so that a page that embeds the drawing can restyle it,
// below the root's class, so that it does not affect the page. The background is
// painted, so that the text is legible on any page. Fill and outline both mark the
// current state, so that it is recognizable without colours.
const svgStyle = `
.mist-fsm { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; text-anchor: middle; max-width: 100%; height: auto; }
.mist-fsm .ground { fill: #ffffff; }
.mist-fsm .box { fill: #f1f5f9; stroke: #94a3b8; stroke-width: 1.5; }
.mist-fsm .name { fill: #0f172a; font-size: 17px; font-weight: 600; }
.mist-fsm .line { fill: none; stroke: #94a3b8; stroke-width: 1.5; }
.mist-fsm .head, .mist-fsm .dot { fill: #64748b; }
.mist-fsm .ring { fill: none; stroke: #64748b; stroke-width: 1.5; }
.mist-fsm .event { fill: #334155; font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 14px; }
.mist-fsm .current .box { fill: #1d4ed8; stroke: #93c5fd; stroke-width: 4; }
.mist-fsm .current .name { fill: #ffffff; }
.mist-fsm .state-running.current .box { fill: #15803d; stroke: #86efac; }
.mist-fsm .state-draining.current .box { fill: #b45309; stroke: #fcd34d; }
.mist-fsm .state-hooks.current .box { fill: #7e22ce; stroke: #d8b4fe; }
.mist-fsm .state-stopped.current .box { fill: #334155; stroke: #cbd5e1; }
@media (prefers-color-scheme: dark) {
.mist-fsm .ground { fill: #0d1117; }
.mist-fsm .box { fill: #1e293b; stroke: #64748b; }
.mist-fsm .name { fill: #f1f5f9; }
.mist-fsm .line { stroke: #64748b; }
.mist-fsm .head, .mist-fsm .dot { fill: #94a3b8; }
.mist-fsm .ring { stroke: #94a3b8; }
.mist-fsm .event { fill: #cbd5e1; }
.mist-fsm .current .name { fill: #ffffff; }
}
`
