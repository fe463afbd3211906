import { html, svg } from "lit";

// 16×16 outlines, drawn for this page.
const SHAPES = {
  back: svg`<path d="M9.5 3 4.5 8l5 5M4.5 8h9"/>`,
  redo: svg`<path d="M10 3l3.5 3.5L10 10M13.5 6.5h-7a4 4 0 0 0 0 8H9"/>`,
  grip: svg`<path d="M6 3.5v.01M6 8v.01M6 12.5v.01M10 3.5v.01M10 8v.01M10 12.5v.01" stroke-width="2.4"/>`,
  up: svg`<path d="M8 13V3M3.5 7.5 8 3l4.5 4.5"/>`,
  down: svg`<path d="M8 3v10M3.5 8.5 8 13l4.5-4.5"/>`,
  in: svg`<path d="M2.5 3v5.5a2 2 0 0 0 2 2H11M8 7.5l3 3-3 3M13.5 3v10"/>`,
  out: svg`<path d="M13.5 13V7.5a2 2 0 0 0-2-2H5M8 2.5l-3 3 3 3M2.5 3v10"/>`,
  remove: svg`<path d="M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.6 9h5.8l.6-9M6.8 7v4M9.2 7v4"/>`,
  open: svg`<path d="m3.5 6 4.5 4.5L12.5 6"/>`,
  shut: svg`<path d="M6 3.5 10.5 8 6 12.5"/>`,
  ready: svg`<path d="M2.5 2.5h4v4h-4zM9.5 2.5h4v4h-4zM2.5 9.5h4v4h-4zM9.5 9.5h4v4h-4z"/>`,
  library: svg`<path d="M3 2.5v11M6 2.5v11M9 3l3.5 10.3"/>`,
  code: svg`<path d="M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5"/>`,
  save: svg`<path d="M8 2.5v8M4.5 7.5 8 11l3.5-3.5M2.5 13.5h11"/>`,
  empty: svg`<path d="M4 2.5h5l3 3v8H4zM9 2.5v3h3"/>`,
  bulb: svg`<path d="M6 12.5h4M6.5 14.5h3M8 1.8a4 4 0 0 1 2.3 7.3c-.5.4-.8.9-.8 1.6h-3c0-.7-.3-1.2-.8-1.6A4 4 0 0 1 8 1.8Z"/>`,
};

/** An icon as inline SVG, hidden from screen readers: the button around it has the words. */
export function shape(name) {
  return html`<svg class="icon" viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor"
    stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${SHAPES[name]}</svg>`;
}
