import { html, nothing, svg } from "lit";
import { tick } from "../lib/format.js";
import { historyOf, standingOf } from "../lib/review.js";
import { text } from "../lib/texts.js";
import { hueOf, rankOf } from "../lib/tree.js";
import { boxOf, linePath } from "../lib/spark.js";

const [WIDTH, HEIGHT, ROW, LEFT] = [320, 84, 12, 30]; // of the drawing, in its own units
const MOST = 7; // lines: there are no more hues
const MOST_SPOTS = 30; // of more epochs only the line is drawn

/** What became of an example; `view`: {answer, refused, busy, state, named}. */
export function passportTemplate({ answer, refused, busy, state, named }) {
  return html`<section class="passport" aria-label=${text("passport")}>
    <h4><lab-infobox label=${text("passport")} text=${text("passport_help")}></lab-infobox></h4>
    ${refused ? html`<p class="aside">${refused.message || text("offline")} ${refused.hint}</p>` : nothing}
    ${answer ? told(answer, state, named) : busy ? html`<p class="aside">${text("passport_loading")}</p>` : nothing}
  </section>`;
}

function told(answer, state, named) {
  const lines = linesOf(answer.runs ?? [], state);
  if (!lines.length) return html`<p class="aside">${text("passport_empty")}</p>`;
  return html`${drawing(lines.slice(0, MOST), named)}
    <ul class="passport-list">${lines.map((line) => html`<li data-branch=${line.branch} style="--hue:var(${line.hue})">
      <span class="swatch" aria-hidden="true"></span>
      <span><strong>${line.branch}</strong> ${words(line, named)}</span></li>`)}</ul>
    ${lines.length > 1 ? html`<p class="aside">${outcome(lines)}</p>` : nothing}`;
}

/** One line per Branch that looked at it, those of the present Run first: {branch, hue, epochs, standing}. */
function linesOf(runs, state) {
  const present = state.session.position?.run;
  const known = runs.filter(({ branch, epochs }) => state.branches[branch] && epochs.length);
  const lines = known.map(({ run, branch }) => {
    const epochs = historyOf(state, runs, branch);
    return { run, branch, epochs, standing: standingOf(epochs), hue: hueOf(rankOf(state, branch)) };
  });
  return lines.sort((one, other) => (other.run === present) - (one.run === present));
}

function words({ standing: { first, forgotten, last } }, named) {
  if (first === null) return text("passport_never");
  const now = last.right ? text("passport_now_right") : text("passport_now_wrong", { said: named(last.prediction) });
  const lost = forgotten ? [text("passport_forgotten", { count: forgotten })] : [];
  return [text("passport_first", { epoch: first }), ...lost, now].join(" · ");
}

function outcome(lines) {
  const wrong = lines.filter(({ standing }) => !standing.last.right).map(({ branch }) => branch);
  return wrong.length ? text("passport_branches_wrong", { branches: wrong.join(", ") }) : text("passport_branches_right");
}

function drawing(lines, named) {
  const all = lines.flatMap(({ epochs }) => epochs);
  const [first, last] = [Math.min(...all.map(({ epoch }) => epoch)), Math.max(...all.map(({ epoch }) => epoch))];
  const losses = all.map((row) => row.loss ?? NaN).filter(Number.isFinite);
  const most = Math.max(0.1, ...losses);
  const span = [first - 0.5, last + 0.5];
  const box = boxOf([0, most], { span, width: WIDTH - LEFT, height: HEIGHT, from: 0, to: most });
  const spoken = lines.map((line) => `${line.branch}: ${words(line, named)}`).join("; ");
  const height = HEIGHT + 6 + lines.length * ROW + 14;
  return html`<svg class="passport-chart" viewBox="0 0 ${WIDTH} ${height}" role="img"
      aria-label=${text("passport_chart", { branches: spoken })}>
    <g transform="translate(${LEFT} 0)">
      ${[0, HEIGHT - 2].map((y) => svg`<line class="rule" x1="0" x2=${WIDTH - LEFT} y1=${y + 1} y2=${y + 1}/>`)}
      ${lines.map((line) => curve(line, box))}
      ${lines.map((line, row) => strip(line, box, HEIGHT + 6 + row * ROW, (WIDTH - LEFT) / (span[1] - span[0])))}
      ${[...new Set([first, last])].map((epoch) => svg`<text class="axis middle" x=${box.left(epoch)} y=${height - 3}>${epoch}</text>`)}
    </g>
    <text class="axis end" x=${LEFT - 4} y="9">${tick(most)}</text><text class="axis end" x=${LEFT - 4} y=${HEIGHT}>0</text>
    <text class="axis" x="0" y=${height - 3}>${text("passport_epoch")}</text>
  </svg>`;
}

function curve({ epochs, hue }, box) {
  const points = epochs.map((row) => [row.epoch, row.loss ?? NaN]);
  return svg`<path class="curve" style="--hue:var(${hue})" d=${linePath(points, box)}/>
    ${points.length > MOST_SPOTS ? nothing : points.filter(([, y]) => box.shows(y)).map(([x, y]) => svg`
      <circle class="spot" style="--hue:var(${hue})" cx=${box.left(x)} cy=${box.top(y)} r="2.2"/>`)}`;
}

/** A high bar for each epoch that was right, a low one for each that was wrong. */
function strip({ epochs, hue }, box, top, each) {
  const wide = Math.max(1, Math.min(14, each * 0.8));
  return epochs.map(({ epoch, right }) => {
    const tall = right ? ROW - 3 : 3;
    return svg`<rect class=${right ? "right" : "wrong"} style="--hue:var(${hue})" width=${wide} height=${tall}
      x=${box.left(epoch) - wide / 2} y=${top + ROW - 3 - tall}/>`;
  });
}
