import { svg, html } from "lit";

// 16×16 outlines, drawn for this page.
const SHAPES = {
  play: svg`<path fill="currentColor" d="M4.5 2.6v10.8c0 .5.5.8.9.5l8-5.4a.6.6 0 0 0 0-1l-8-5.4a.6.6 0 0 0-.9.5Z"/>`,
  pause: svg`<path fill="currentColor" d="M4 2.5h2.8v11H4zM9.2 2.5H12v11H9.2z"/>`,
  stop: svg`<path fill="currentColor" d="M3.5 3.5h9v9h-9z"/>`,
  plus: svg`<path d="M8 3v10M3 8h10"/>`,
  sliders: svg`<path d="M2 5h7M12 5h2M2 11h2M7 11h7M10.5 3.4v3.2M5.5 9.4v3.2"/>`,
  zoom_in: svg`<path d="M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9ZM10.4 10.4 14 14M7 5v4M5 7h4"/>`,
  zoom_out: svg`<path d="M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9ZM10.4 10.4 14 14M5 7h4"/>`,
  zoom_all: svg`<path d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10"/>`,
  table: svg`<path d="M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.6h11M6.5 3v10"/>`,
  pencil: svg`<path d="M2.5 13.5 3.4 10 11 2.5l2.5 2.5L6 12.6z"/>`,
  share: svg`<path d="M2 13.5c0-2.5 1.5-4 3.7-4s3.7 1.5 3.7 4M5.7 7.3a2.2 2.2 0 1 1 0-4.4 2.2 2.2 0 0 1 0 4.4ZM12 5v5M9.5 7.5h5"/>`,
  copy: svg`<path d="M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3"/>`,
  check: svg`<path d="m3 8.5 3.2 3.2L13 4.8"/>`,
  close: svg`<path d="m3.5 3.5 9 9M12.5 3.5l-9 9"/>`,
  take: svg`<path d="M8 2v8M4.5 6.8 8 10.2l3.5-3.4M2.5 11v2.5h11V11"/>`,
  fork: svg`<path d="M4 4.5v7M4 9c0-2 8-1 8-4.5M4 4.5a1.5 1.5 0 1 1 0-3 1.5 1.5 0 0 1 0 3ZM12 4.5a1.5 1.5 0 1 1 0-3 1.5 1.5 0 0 1 0 3ZM4 14.5a1.5 1.5 0 1 1 0-3 1.5 1.5 0 0 1 0 3Z"/>`,
  undo: svg`<path d="M6 3 2.5 6.5 6 10M2.5 6.5h7a4 4 0 0 1 0 8H7"/>`,
  pin: svg`<path d="M5.5 2.5h5M6.5 2.5v5l-2 2h7l-2-2v-5M8 9.5v4.5"/>`,
  compare: svg`<path d="M2 12.5 6 7l3 3 5-7M2 14.5h12"/>`,
  here: svg`<path d="M8 14.5S3.5 10 3.5 6.5a4.5 4.5 0 0 1 9 0C12.5 10 8 14.5 8 14.5ZM8 5.2a1.4 1.4 0 1 1 0 2.8 1.4 1.4 0 0 1 0-2.8Z"/>`,
  curve_options: svg`<path d="M2 12c2-6 4 1 6-4s3-5 6-3M2 14.5h12"/>`,
  branches: svg`<path d="M2 4h5M10 4h4M2 8h9M2 12h7M12 12h2"/>`,
  light: svg`<path d="M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8 13 13M3 13l1.2-1.2M11.8 4.2 13 3"/>`,
  dark: svg`<path d="M13.5 9.6A6 6 0 0 1 6.4 2.5a6 6 0 1 0 7.1 7.1Z"/>`,
  auto: svg`<path d="M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2Z"/><path fill="currentColor" d="M8 2a6 6 0 0 1 0 12z"/>`,
};

/** An icon as inline SVG, hidden from screen readers: the button around it has the words. */
export function icon(name) {
  return html`<svg class="icon" viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor"
    stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${SHAPES[name]}</svg>`;
}
